//! Between plain messages and hyper's.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{EXPECT, HeaderMap, HeaderName, HeaderValue};
use hyper::http::{request, response};
use hyper::{Method, Request, Response, StatusCode, Uri};

use super::HttpMessage;
use crate::outcome::{Cause, CauseKind};

pub(super) type Content = Full<Bytes>;

/// A request of version 2: its URI has the scheme and the host.
pub(super) fn to_request(message: &HttpMessage, host: &str, scheme: &str) -> Result<Request<Content>, Cause> {
    let refused = |error: hyper::http::Error| Cause::told(CauseKind::Request, error);
    let mark = if message.query.is_empty() { "" } else { "?" };
    let target = format!("{scheme}://{host}{}{mark}{}", message.path, message.query);
    let uri = Uri::try_from(target).map_err(|error| refused(error.into()))?;
    let method = Method::from_bytes(message.method.as_bytes()).map_err(|error| refused(error.into()))?;
    let mut request = Request::new(Full::new(message.content.clone()));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    put_headers(&message.headers, request.headers_mut()).map_err(refused)?;
    Ok(request)
}

/// A response; `None` if its status or a header cannot be written.
pub(super) fn to_response(message: HttpMessage) -> Option<Response<Content>> {
    let status = if message.status == 0 { 200 } else { message.status };
    let mut response = Response::new(Full::new(message.content));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    put_headers(&message.headers, response.headers_mut()).ok()?;
    Some(response)
}

fn put_headers(headers: &[(String, Bytes)], into: &mut HeaderMap) -> Result<(), hyper::http::Error> {
    for (name, value) in headers {
        let name = HeaderName::try_from(name.as_str())?;
        into.append(name, HeaderValue::from_maybe_shared(value.clone())?);
    }
    Ok(())
}

fn take_headers(headers: &HeaderMap) -> Vec<(String, Bytes)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), Bytes::copy_from_slice(value.as_bytes())))
        .collect()
}

pub(super) fn from_response(head: &response::Parts, content: Bytes) -> HttpMessage {
    HttpMessage {
        status: head.status.as_u16(),
        headers: take_headers(&head.headers),
        content,
        ..HttpMessage::default()
    }
}

pub(super) fn from_request(head: &request::Parts, content: Bytes) -> HttpMessage {
    HttpMessage {
        status: 0,
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: take_headers(&head.headers),
        content,
    }
}

/// Why a content could not be read.
pub(super) enum Unread {
    TooLong,
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a content of at most `most` bytes.
pub(super) async fn collect(
    body: impl Body<Data = Bytes, Error = hyper::Error>,
    most: usize,
) -> Result<Bytes, Unread> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unread::TooLong),
        Err(error) => Err(Unread::Failed(error)),
    }
}

/// True if the sender waits for leave to send a content which it says is longer than `most` bytes (RFC 9110, 10.1.1).
pub(super) fn asks_too_much(headers: &HeaderMap, body: &Incoming, most: usize) -> bool {
    let waits =
        headers.get(EXPECT).is_some_and(|expect| expect.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    waits && body.size_hint().lower() > most as u64
}

/// Reads what is left of a content and keeps nothing of it.
///
/// Who is still sending when the connection is closed loses the answer with it (RFC 9112, 9.6).
pub(super) async fn pass_over(body: &mut Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// What hyper's error means.
pub(super) fn cause(error: &hyper::Error) -> Cause {
    let kind = if error.is_parse() {
        CauseKind::Http
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        CauseKind::Closed
    } else {
        CauseKind::Broken
    };
    let mut words = error.to_string();
    let mut below = std::error::Error::source(error);
    while let Some(source) = below {
        words = format!("{words}: {source}");
        below = source.source();
    }
    Cause::told(kind, words)
}

/// True if the other side promises that it has not looked at the request (HTTP/2, RFC 9113, 8.7).
pub(super) fn refused_stream(error: &hyper::Error) -> bool {
    let mut below = std::error::Error::source(error);
    while let Some(source) = below {
        if let Some(error) = source.downcast_ref::<h2::Error>() {
            return error.is_reset()
                && error.is_remote()
                && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        }
        below = source.source();
    }
    false
}
