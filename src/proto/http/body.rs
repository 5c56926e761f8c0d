//! Where a body ends (RFC 9112 §6), and getting past it without keeping it.

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    None,
    Length(u64),
    Chunked,
    /// With the connection.
    Close,
}

/// Where one direction of a connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// At or in the head of a message.
    #[default]
    Head,
    /// In a body with this many bytes left.
    Length(u64),
    /// In a body that ends with the connection.
    Close,
    /// At the line with the size of a chunk (RFC 9112 §7.1).
    ChunkSize,
    /// In a chunk with this many bytes left.
    ChunkData(u64),
    /// At the line end behind a chunk.
    ChunkEnd,
    /// In the trailer section.
    Trailer,
    /// Bytes are missing or make no sense: looking for the next message.
    Lost,
}

/// Longest chunk size line with its extensions, and longest trailer line.
const LINE: usize = 8192;

impl From<Frame> for State {
    fn from(frame: Frame) -> State {
        match frame {
            Frame::None | Frame::Length(0) => State::Head,
            Frame::Length(n) => State::Length(n),
            Frame::Chunked => State::ChunkSize,
            Frame::Close => State::Close,
        }
    }
}

/// What one step through a body found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// This much is content.
    Content(&'a [u8]),
    /// This many bytes are framing.
    Framing(usize),
    /// More bytes are needed to go on.
    Wait,
    /// No chunk size where one has to be.
    Bad,
}

/// One step through the body at the start of `bytes`, which are not empty. `state` is [`State::Head`]
/// when the body is over.
pub(super) fn step<'a>(state: &mut State, bytes: &'a [u8]) -> Piece<'a> {
    match state {
        State::Head | State::Lost => Piece::Wait,
        State::Close => Piece::Content(bytes),
        State::Length(left) => content(left, bytes).map_or_else(
            |all| {
                *state = State::Head;
                Piece::Content(all)
            },
            Piece::Content,
        ),
        State::ChunkData(left) => content(left, bytes).map_or_else(
            |all| {
                *state = State::ChunkEnd;
                Piece::Content(all)
            },
            Piece::Content,
        ),
        State::ChunkSize => match line(bytes) {
            Ok(text) => match size(text) {
                Some(0) => framing(state, State::Trailer, text.len()),
                Some(size) => framing(state, State::ChunkData(size), text.len()),
                None => Piece::Bad,
            },
            Err(piece) => piece,
        },
        State::ChunkEnd => match bytes {
            [b'\n', ..] => framing(state, State::ChunkSize, 1),
            [b'\r', b'\n', ..] => framing(state, State::ChunkSize, 2),
            [b'\r'] => Piece::Wait,
            _ => Piece::Bad,
        },
        State::Trailer => match line(bytes) {
            Ok(text @ (b"\n" | b"\r\n")) => framing(state, State::Head, text.len()),
            Ok(text) => Piece::Framing(text.len()),
            Err(piece) => piece,
        },
    }
}

/// `Err`: all that was left.
fn content<'a>(left: &mut u64, bytes: &'a [u8]) -> Result<&'a [u8], &'a [u8]> {
    let take = usize::try_from(*left).unwrap_or(usize::MAX);
    match bytes.get(..take) {
        Some(all) => Err(all),
        None => {
            *left -= bytes.len() as u64;
            Ok(bytes)
        }
    }
}

fn framing<'a>(state: &mut State, next: State, len: usize) -> Piece<'a> {
    *state = next;
    Piece::Framing(len)
}

fn line(bytes: &[u8]) -> Result<&[u8], Piece<'_>> {
    match memchr::memchr(b'\n', bytes) {
        Some(at) if at < LINE => Ok(bytes.get(..=at).unwrap_or(bytes)),
        None if bytes.len() < LINE => Err(Piece::Wait),
        _ => Err(Piece::Bad),
    }
}

fn size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|b| matches!(b, b';' | b' ' | b'\t' | b'\r' | b'\n')).next()?;
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, b| Some(n << 4 | u64::from(char::from(*b).to_digit(16)?)))
}
