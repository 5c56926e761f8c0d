//! A reader over a message: every access is checked, nothing is copied.

/// What is left of a message.
#[derive(Clone, Copy)]
pub(super) struct Wire<'a>(pub &'a [u8]);

impl<'a> Wire<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Three bytes, as handshake and certificate lengths are.
    pub fn u24(&mut self) -> Option<usize> {
        let [a, b, c]: [u8; 3] = self.take(3)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()
    }

    /// A vector with a one-byte length.
    pub fn vec8(&mut self) -> Option<Wire<'a>> {
        let n = self.u8()?;
        self.take(usize::from(n)).map(Wire)
    }

    /// A vector with a two-byte length.
    pub fn vec16(&mut self) -> Option<Wire<'a>> {
        let n = self.u16()?;
        self.take(usize::from(n)).map(Wire)
    }

    /// A vector with a three-byte length.
    pub fn vec24(&mut self) -> Option<Wire<'a>> {
        let n = self.u24()?;
        self.take(n).map(Wire)
    }

    /// The rest as 16-bit numbers; an odd last byte is left out.
    pub fn numbers(self) -> Vec<u16> {
        self.0.chunks_exact(2).filter_map(|c| Some(u16::from_be_bytes(c.try_into().ok()?))).collect()
    }
}
