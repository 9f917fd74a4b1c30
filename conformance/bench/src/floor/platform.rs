//! The platform over HTTP: hyper's version 1 connections, kept in a plain `Vec`.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use tokio::net::TcpStream;

const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
/// Octets of an answer at most.
const MOST: usize = 64 * 1024;

struct Link {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Driven by the task that asks: no wake-up between tasks.
    driver: Pin<Box<http1::Connection<TokioIo<TcpStream>, Full<Bytes>>>>,
}

/// The pool.
pub struct Platform {
    address: String,
    host: HeaderValue,
    uri: Uri,
    links: RefCell<Vec<Link>>,
}

impl Platform {
    /// For an address.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(address: &str) -> Result<Self, String> {
        let host = HeaderValue::from_str(address).map_err(|error| error.to_string())?;
        let uri = Uri::from_static("/bill/query");
        Ok(Self { address: address.to_owned(), host, uri, links: RefCell::default() })
    }

    /// Posts a content; gives the signature and the content that come back.
    pub async fn post(&self, signature: HeaderValue, content: Vec<u8>) -> Option<(HeaderValue, Bytes)> {
        let kept = self.links.borrow_mut().pop();
        let mut link = match kept {
            Some(link) if !link.sender.is_closed() => link,
            _ => self.connect().await?,
        };
        let mut request = Request::new(Full::new(Bytes::from(content)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(SIGNATURE, signature);
        let answer = link.talk(request).await?;
        self.links.borrow_mut().push(link);
        Some(answer)
    }

    async fn connect(&self) -> Option<Link> {
        let stream = TcpStream::connect(&self.address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        Some(Link { sender, driver: Box::pin(driver) })
    }
}

impl Link {
    async fn talk(&mut self, request: Request<Full<Bytes>>) -> Option<(HeaderValue, Bytes)> {
        let driver = &mut self.driver;
        let mut answer = std::pin::pin!(whole(self.sender.send_request(request)));
        let mut ended = false;
        poll_fn(|context| {
            ended = ended || Pin::new(&mut *driver).poll(context).is_ready();
            answer.as_mut().poll(context)
        })
        .await
    }
}

async fn whole(
    response: impl Future<Output = hyper::Result<hyper::Response<Incoming>>>,
) -> Option<(HeaderValue, Bytes)> {
    let (head, mut body) = response.await.ok()?.into_parts();
    let signature = head.headers.get(SIGNATURE)?.clone();
    if head.status != hyper::StatusCode::OK {
        return None;
    }
    let mut content = Bytes::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        content = if content.is_empty() { data } else { Bytes::from([content, data].concat()) };
        if content.len() > MOST {
            return None;
        }
    }
    Some((signature, content))
}
