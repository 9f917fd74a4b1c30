//! Requests that are given up: the system sends nothing of them later, whether their connection is kept or closed.

use std::io;
use std::net::TcpStream as SystemStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use link::http::{
    HttpClient, HttpClientConfig, HttpMessage, HttpServer, HttpServerConfig, HttpServiceFn, HttpVersion,
};
use link::tcp::{Answer, Hold, LineEvent, ServiceFn, TcpClient, TcpClientConfig, TcpServer, TcpServerConfig};
use link::tls::{TlsClient, TlsServer};
use link::world::{BoxFuture, Listener, ManualClock, Net, Stream};
use link::{Cause, CauseKind, Core, CoreOwner, Moment, Sent, World};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::help::*;
use crate::tls::sides;

/// Three quarters of the five seconds that requests of these tests have.
const HELD: Option<Duration> = Some(Duration::from_millis(3_700));

/// The system's sockets, of which a second handle is kept.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<SystemStream>>>);

impl Seen {
    fn keep(&self, socket: SystemStream) -> io::Result<Stream> {
        socket.set_nonblocking(true)?;
        self.0.lock().unwrap().push(socket.try_clone()?);
        Ok(Stream::tcp(TcpStream::from_std(socket)?, "seen"))
    }

    /// How long the system may hold octets of the last connection; none: as long as it likes.
    fn held(&self) -> Option<Duration> {
        SockRef::from(self.0.lock().unwrap().last().unwrap()).tcp_user_timeout().unwrap()
    }
}

impl Net for Seen {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move { self.keep(SystemStream::connect(address)?) })
    }

    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = TcpListener::bind(address).await?;
            Ok(Box::new(SeenListener(self.clone(), listener)) as Box<dyn Listener>)
        })
    }
}

struct SeenListener(Seen, TcpListener);

impl Listener for SeenListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async { self.0.keep(self.1.accept().await?.0.into_std()?) })
    }

    fn address(&self) -> String {
        self.1.local_addr().unwrap().to_string()
    }
}

/// A standing core whose sockets are seen.
fn seen() -> (CoreOwner, Seen) {
    let (clock, seen) = (ManualClock::new(Moment(0)), Seen::default());
    let net = Arc::new(seen.clone());
    (Core::start(World { net, ..World::with_clock(Arc::new(clock)) }), seen)
}

async fn echo_frames(core: &Core, tls: Option<Arc<TlsServer>>) -> TcpServer {
    let service = ServiceFn(|_, frame| async move { Answer::Frame(frame) });
    let config = TcpServerConfig { tls, ..TcpServerConfig::new("127.0.0.1:0", four_digits()) };
    TcpServer::start(vec![core.clone()], config, Arc::new(service)).await.unwrap()
}

async fn echo_http(core: &Core) -> HttpServer {
    let service =
        HttpServiceFn(|_, request: HttpMessage| async { HttpMessage::response(200, request.content) });
    let config = HttpServerConfig::new("127.0.0.1:0");
    HttpServer::start(vec![core.clone()], config, Arc::new(service)).await.unwrap()
}

fn start(core: &Core, config: TcpClientConfig) -> TcpClient {
    TcpClient::start(core, config, events().0).unwrap()
}

/// Reads to the end; how it ends: as usual, or else.
async fn end(socket: &mut (impl AsyncRead + Unpin)) -> Result<usize, io::ErrorKind> {
    socket.read_to_end(&mut Vec::new()).await.map_err(|error| error.kind())
}

const RESET: Result<usize, io::ErrorKind> = Err(io::ErrorKind::ConnectionReset);

#[tokio::test]
async fn the_system_holds_octets_of_a_request_no_longer_than_it_has_time() {
    let ((theirs, _clock), (core, seen)) = (standing(), seen());
    for hold in [Hold::None { most: 1 }, Hold::OneEach { connections: 1 }, by_key(1)] {
        for over_tls in [false, true] {
            let sides = sides();
            let tls = over_tls.then(|| Arc::new(TlsServer::new(&sides.server).unwrap()));
            let server = echo_frames(&theirs, tls).await;
            let tls = over_tls.then(|| Arc::new(TlsClient::new(&sides.client, server.address()).unwrap()));
            let config = TcpClientConfig { tls, ..config(server.address().to_owned(), hold.clone()) };
            assert!(start(&core, config).exchange(request(&core, "ask1")).await.reply().is_some());
            assert_eq!(seen.held(), HELD, "{hold:?}, TLS: {over_tls}");
        }
    }
    let server = echo_http(&theirs).await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let client =
            HttpClient::new(&core, HttpClientConfig { version, ..HttpClientConfig::new(server.address()) });
        let message = HttpMessage::post("/", "content");
        assert!(client.exchange(&message, later(&core)).await.reply().is_some());
        assert_eq!(seen.held(), HELD, "{version:?}");
    }
}

#[tokio::test]
async fn it_does_so_on_a_line_that_the_other_side_connects_and_not_where_we_answer() {
    let (core, seen) = seen();
    let (handler, mut heard) = events();
    let settings = config("127.0.0.1:0".to_owned(), by_key(1));
    let (client, address) = TcpClient::accept(&core, settings, None, handler).await.unwrap();
    let mut socket = TcpStream::connect(&address).await.unwrap();
    assert!(matches!(heard.recv().await, Some(LineEvent::Up { .. })));
    let (verdict, ()) = tokio::join!(client.exchange(request(&core, "ask1")), async {
        read_frame(&mut socket).await;
        write_frame(&mut socket, "ask1").await;
    });
    assert!(verdict.reply().is_some());
    assert_eq!(seen.held(), HELD);
    let server = echo_frames(&core, None).await;
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    write_frame(&mut socket, "ask").await;
    assert_eq!(read_frame(&mut socket).await, "ask");
    assert_eq!(seen.held(), None);
}

#[tokio::test]
async fn a_connection_is_reset_on_which_a_request_is_given_up() {
    for hold in [Hold::None { most: 1 }, Hold::OneEach { connections: 1 }] {
        for late in [Duration::ZERO, Duration::from_secs(60)] {
            let (core, clock) = standing();
            let (listener, address) = listen().await;
            let client = start(&core, TcpClientConfig { late, ..config(address, hold.clone()) });
            let asks = request(&core, "ask");
            let asking = tokio::spawn(async move { (client.exchange(asks).await, client) });
            let mut socket = accept(&listener).await;
            read_frame(&mut socket).await;
            let (verdict, _client) = until(&clock, asking).await.unwrap();
            assert_eq!(verdict.cause().unwrap().kind, CauseKind::AnswerTimedOut);
            assert_eq!(until(&clock, end(&mut socket)).await, RESET, "{hold:?} {late:?}");
        }
    }
}

#[tokio::test]
async fn under_tls_the_socket_below_is_reset() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let sides = sides();
    let tls = Some(Arc::new(TlsClient::new(&sides.client, &address).unwrap()));
    let client = start(&core, TcpClientConfig { tls, ..config(address, Hold::OneEach { connections: 1 }) });
    let asks = request(&core, "ask");
    let asking = tokio::spawn(async move { (client.exchange(asks).await, client) });
    let accepted = Stream::tcp(accept(&listener).await, "client");
    let mut socket = TlsServer::new(&sides.server).unwrap().accept(accepted).await.unwrap();
    assert_eq!(read_frame(&mut socket).await, "ask");
    let (verdict, _client) = until(&clock, asking).await.unwrap();
    assert!(!verdict.not_sent());
    assert_eq!(end(&mut socket).await, RESET);
}

#[tokio::test]
async fn a_line_of_many_is_reset_while_any_of_them_waits() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    for given_up in [false, true] {
        let late = Duration::from_secs(60);
        let client = start(&core, TcpClientConfig { late, ..config(address.clone(), by_key(1)) });
        let asking = tokio::spawn({
            let (client, request) = (client.clone(), request(&core, "ask1"));
            async move { client.exchange(request).await }
        });
        let mut socket = accept(&listener).await;
        read_frame(&mut socket).await;
        if given_up {
            // Its answer is still listened for.
            assert!(!until(&clock, asking).await.unwrap().not_sent());
        }
        client.close(0, Cause::new(CauseKind::Stopped));
        assert_eq!(end(&mut socket).await, RESET, "{given_up}");
    }
}

#[tokio::test]
async fn a_line_of_many_is_closed_as_usual_when_all_is_answered_even_late() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let late = Duration::from_secs(60);
    let config = TcpClientConfig { late, ..config(address, by_key(1)) };
    let client = TcpClient::start(&core, config, handler).unwrap();
    let asking = tokio::spawn({
        let (client, request) = (client.clone(), request(&core, "ask1"));
        async move { client.exchange(request).await }
    });
    let mut socket = accept(&listener).await;
    read_frame(&mut socket).await;
    assert!(!until(&clock, asking).await.unwrap().not_sent());
    write_frame(&mut socket, "ask1 late").await;
    while !matches!(heard.recv().await, Some(LineEvent::Frame { late: Some(77), .. })) {}
    client.close(0, Cause::new(CauseKind::Stopped));
    assert_eq!(end(&mut socket).await, Ok(0));
}

#[tokio::test]
async fn what_has_no_answer_is_left_to_the_system_when_it_has_taken_it() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    for hold in [Hold::None { most: 1 }, Hold::OneEach { connections: 1 }] {
        let client = start(&core, config(address.clone(), hold.clone()));
        assert_eq!(client.send(request(&core, "notice")).await, Sent::Whole);
        drop(client);
        let mut socket = accept(&listener).await;
        assert_eq!(read_frame(&mut socket).await, "notice");
        assert_eq!(end(&mut socket).await, Ok(0), "{hold:?}");
    }
}

#[tokio::test]
async fn http_is_reset_where_a_request_is_given_up_and_closed_where_it_is_answered() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    for answered in [false, true] {
        let client = HttpClient::new(&core, HttpClientConfig::new(address.clone()));
        let limit = later(&core);
        let asking = tokio::spawn(async move {
            let verdict = client.exchange(&HttpMessage::post("/", "content"), limit).await;
            drop(client);
            verdict
        });
        let mut socket = accept(&listener).await;
        let mut seen = Vec::new();
        while !seen.ends_with(b"content") {
            assert!(socket.read_buf(&mut seen).await.unwrap() > 0);
        }
        if answered {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            assert!(asking.await.unwrap().reply().is_some());
            assert_eq!(end(&mut socket).await, Ok(0));
        } else {
            assert!(!until(&clock, asking).await.unwrap().not_sent());
            assert_eq!(end(&mut socket).await, RESET);
        }
    }
}

#[tokio::test]
async fn a_shared_connection_is_reset_while_a_request_waits() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let version = HttpVersion::Http2;
    let client = HttpClient::new(&core, HttpClientConfig { version, ..HttpClientConfig::new(address) });
    let limit = later(&core);
    let asking =
        tokio::spawn(async move { client.exchange(&HttpMessage::post("/", "content"), limit).await });
    let mut socket = accept(&listener).await;
    let mut seen = Vec::new();
    while !seen.ends_with(b"content") {
        assert!(socket.read_buf(&mut seen).await.unwrap() > 0);
    }
    drop(core);
    assert_eq!(end(&mut socket).await, RESET);
    assert!(!asking.await.unwrap().not_sent());
}

#[tokio::test]
async fn where_we_answer_a_connection_is_closed_as_usual() {
    let (core, _clock) = standing();
    let service = ServiceFn(|_, frame| async move { Answer::FrameAndClose(frame) });
    let config = TcpServerConfig::new("127.0.0.1:0", four_digits());
    let server = TcpServer::start(vec![core.core()], config, Arc::new(service)).await.unwrap();
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    write_frame(&mut socket, "last").await;
    assert_eq!(end(&mut socket).await, Ok(8));
    let server = echo_http(&core).await;
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(end(&mut socket).await.unwrap() > 0);
}
