//! What a request over HTTP/2 has besides those over HTTP/1: its stream, how that was reset, and gRPC.

use super::fields as f;
use super::message::Request;
use crate::model::Value;
use crate::proto::fields::{ERROR_CODE, ERROR_MESSAGE};
use crate::proto::{Dir, Draft};
use std::borrow::Cow;

/// Names of gRPC's status codes (grpc.io, "Status codes and their use in gRPC").
static STATUS: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Names of HTTP/2's error codes (RFC 9113 §7).
static ERRORS: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// One request's share of a connection.
#[derive(Debug, Default)]
pub(in crate::proto) struct Call {
    /// Number of the stream; `None` for HTTP/1.
    stream: Option<u32>,
    /// Error code, and who reset the stream.
    pub reset: Option<(u32, Dir)>,
    /// Service and method.
    grpc: Option<(String, String)>,
    status: Option<String>,
    message: Option<String>,
}

impl Call {
    /// On a stream of HTTP/2.
    pub fn on(stream: u32) -> Call {
        Call { stream: Some(stream), ..Call::default() }
    }

    /// Notes what a request calls.
    pub fn begin(&mut self, request: &Request) {
        let grpc =
            request.part.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/grpc"));
        let parts = request.target.strip_prefix('/').and_then(|path| path.rsplit_once('/'));
        if let Some((service, method)) = parts.filter(|_| grpc) {
            self.grpc = Some((service.to_owned(), method.to_owned()));
        }
    }

    /// Notes how a call ended, from the trailers.
    pub fn ended(&mut self, status: &[u8], message: Option<&[u8]>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.get(..1024).unwrap_or(bytes)).into_owned();
        self.status = Some(text(status));
        self.message = message.filter(|m| !m.is_empty()).map(text);
    }

    /// Whether the call failed, whatever the HTTP status says.
    pub fn failed(&self) -> bool {
        self.reset.is_some_and(|(code, _)| code != 0)
            || self.status.as_deref().is_some_and(|status| status != "0")
    }

    /// Whether this answers the request with which HTTP/1 asked for the upgrade (RFC 7540 §3.2).
    pub fn upgraded(&self) -> bool {
        self.stream == Some(1)
    }

    /// Adds its fields.
    pub fn put(self, draft: &mut Draft) {
        draft.put_some(&f::STREAM, self.stream);
        if let Some((service, method)) = self.grpc {
            draft.put(&f::GRPC_SERVICE, service).put(&f::GRPC_METHOD, method);
        }
        if let Some(status) = self.status {
            let name = status.parse().ok().and_then(|at: usize| STATUS.get(at));
            let name = name.map_or(Cow::Owned(status), |name| Cow::Borrowed(*name));
            if name != "OK" {
                draft.put(&ERROR_CODE, name.clone());
            }
            draft.put(&f::GRPC_STATUS, name);
        }
        draft.put_some(&f::GRPC_MESSAGE, self.message);
        if let Some((code, by)) = self.reset {
            let name = usize::try_from(code).ok().and_then(|at| ERRORS.get(at));
            let name = name.map_or_else(|| Cow::Owned(format!("0x{code:x}")), |name| Cow::Borrowed(*name));
            let by = if by == Dir::Client { "client" } else { "server" };
            draft.put(&f::RESET, name).put(&f::RESET_BY, Value::text(by));
            if draft.event().get(&ERROR_MESSAGE).is_none() {
                draft.put(&ERROR_MESSAGE, format!("The {by} reset the stream"));
            }
        }
    }
}
