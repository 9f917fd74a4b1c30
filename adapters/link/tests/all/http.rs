use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use link::http::{
    HttpClient, HttpClientConfig, HttpMessage, HttpServer, HttpServerConfig, HttpServiceFn, HttpSizes,
    HttpVersion,
};
use link::{CauseKind, Core, Exchanged, Leave};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::help::*;

/// Answers with what was asked, named in headers.
async fn echo(core: &Core, config: HttpServerConfig) -> HttpServer {
    let service = HttpServiceFn(|_, request: HttpMessage| async move {
        let asked = format!("{} {}?{}", request.method, request.path, request.query);
        HttpMessage {
            headers: vec![("X-Asked".into(), Bytes::from(asked))],
            ..HttpMessage::response(201, request.content)
        }
    });
    HttpServer::start(vec![core.clone()], config, Arc::new(service)).await.unwrap()
}

fn server_config() -> HttpServerConfig {
    HttpServerConfig::new("127.0.0.1:0")
}

fn ask() -> HttpMessage {
    HttpMessage { query: "a=1&b=%E4".into(), ..HttpMessage::post("/bill/query", "content") }
}

/// Reads a request of this test by hand; false if the connection has ended.
async fn read_request(socket: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    while !seen.ends_with(b"content") {
        match socket.read_buf(&mut seen).await {
            Ok(read) if read > 0 => {}
            _ => return false,
        }
    }
    true
}

const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nreply";

#[tokio::test]
async fn both_versions_carry_a_message_and_keep_their_connection() {
    let (core, _clock) = standing();
    let server = echo(&core, server_config()).await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let before = server.counts().connected.get();
        let client =
            HttpClient::new(&core, HttpClientConfig { version, ..HttpClientConfig::new(server.address()) });
        for _ in 0..5 {
            let reply = client.exchange(&ask(), later(&core)).await.reply().unwrap();
            assert_eq!((reply.status, &reply.content[..]), (201, &b"content"[..]));
            assert_eq!(reply.header("x-asked").unwrap(), "POST /bill/query?a=1&b=%E4");
        }
        assert_eq!(server.counts().connected.get() - before, 1, "{version:?}");
        assert_eq!(client.counts().replied.get(), 5);
    }
}

#[tokio::test]
async fn a_response_cut_at_every_byte_is_maybe_sent() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    for cut in 0..=REPLY.len() {
        let client = HttpClient::new(&core, HttpClientConfig::new(address.clone()));
        let message = ask();
        let (verdict, ()) = tokio::join!(client.exchange(&message, later(&core)), async {
            let mut socket = accept(&listener).await;
            assert!(read_request(&mut socket).await);
            socket.write_all(&REPLY[..cut]).await.unwrap();
        });
        if cut == REPLY.len() {
            assert_eq!(verdict.reply().unwrap().content, "reply");
        } else {
            assert!(matches!(verdict, Exchanged::MaybeSent(_)), "cut at {cut}: {verdict:?}");
        }
    }
}

/// What becomes of a request that these octets answer, which come so many at once before the connection ends.
async fn answered(core: &Core, pipes: &Pipes, octets: &[u8], at_once: usize) -> Exchanged<HttpMessage> {
    let client = HttpClient::new(core, HttpClientConfig::new("pipe:80".to_owned()));
    let mut pipe = pipes.connect(64 * 1024);
    let message = ask();
    let (verdict, ()) = tokio::join!(client.exchange(&message, later(core)), async move {
        let mut seen = Vec::new();
        while !seen.ends_with(b"content") {
            assert!(pipe.read_buf(&mut seen).await.unwrap() > 0);
        }
        for piece in octets.chunks(at_once) {
            // Who has seen enough reads no more.
            if pipe.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
    });
    verdict
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever stands in an answer, it is the same answer however its octets come; and never that the request had not left.
    #[test]
    fn a_garbled_response_is_the_same_however_it_comes(
        form in select(vec![
            &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nreply"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nrep\r\n2;a=b\r\nly\r\n0\r\nx: y\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\nreply",
            b"HTTP/1.1 204 No Content\r\ncontent-length: 0, 0\r\n\r\n",
        ]),
        garbled in proptest::collection::vec((any::<Index>(), select(b"\r\n 0159:;,aZ\x00\xff".to_vec())), 0..4),
        at_once in 1..24_usize,
    ) {
        let mut octets = form.to_vec();
        for (place, octet) in garbled {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (whole, pieces) = runtime.block_on(async {
            let (core, _clock, pipes) = piped();
            let whole = answered(&core, &pipes, &octets, octets.len()).await;
            (whole, answered(&core, &pipes, &octets, at_once).await)
        });
        match (whole, pieces) {
            (Exchanged::Reply(one), Exchanged::Reply(other)) => prop_assert_eq!(one, other),
            (Exchanged::MaybeSent(_), Exchanged::MaybeSent(_)) => {}
            (one, other) => prop_assert!(false, "{:?} and {:?}", one, other),
        }
    }
}

#[tokio::test]
async fn a_stale_kept_connection_is_replaced_before_anything_is_sent() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = HttpClient::new(&core, HttpClientConfig::new(address));
    let message = ask();
    for round in 0..3 {
        let (verdict, ()) = tokio::join!(client.exchange(&message, later(&core)), async {
            let mut socket = accept(&listener).await;
            assert!(read_request(&mut socket).await);
            socket.write_all(REPLY).await.unwrap();
        });
        assert_eq!(verdict.reply().unwrap().content, "reply", "round {round}");
    }
    assert_eq!(client.counts().connected.get(), 3);
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_a_request_is_maybe_sent() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = HttpClient::new(&core, HttpClientConfig::new(address));
    let message = ask();
    let (first, mut socket) = tokio::join!(client.exchange(&message, later(&core)), async {
        let mut socket = accept(&listener).await;
        assert!(read_request(&mut socket).await);
        socket.write_all(REPLY).await.unwrap();
        socket
    });
    assert!(first.reply().is_some());
    let (second, ()) = tokio::join!(client.exchange(&message, later(&core)), async {
        assert!(read_request(&mut socket).await);
        drop(socket);
    });
    assert!(matches!(second, Exchanged::MaybeSent(_)), "{second:?}");
    assert_eq!(client.counts().connected.get(), 1);
}

#[tokio::test]
async fn nobody_there_and_unwritable_requests_are_not_sent() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = HttpClient::new(&core, HttpClientConfig::new(address));
    let wrong = HttpMessage { headers: vec![("bad name".into(), Bytes::new())], ..ask() };
    let verdict = client.exchange(&wrong, later(&core)).await;
    assert!(verdict.not_sent());
    assert_eq!(verdict.cause().unwrap().kind, CauseKind::Request);
    drop(listener);
    let verdict = client.exchange(&ask(), later(&core)).await;
    assert!(verdict.not_sent());
    assert_eq!(verdict.cause().unwrap().kind, CauseKind::ConnectRefused);
}

#[tokio::test]
async fn a_silent_server_is_maybe_sent_at_the_limit() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let client =
            HttpClient::new(&core, HttpClientConfig { version, ..HttpClientConfig::new(address.clone()) });
        let until_mark = later(&core);
        let asking = tokio::spawn(async move { client.exchange(&ask(), until_mark).await });
        let mut socket = accept(&listener).await;
        if version == HttpVersion::Http1 {
            assert!(read_request(&mut socket).await);
        } else {
            socket.read_exact(&mut [0; 24]).await.unwrap();
        }
        let verdict = until(&clock, asking).await.unwrap();
        assert!(matches!(verdict, Exchanged::MaybeSent(_)), "{verdict:?}");
        assert_eq!(verdict.cause().unwrap().kind, CauseKind::AnswerTimedOut);
    }
}

/// The process is stopped when the socket has taken a part of a request, as with the lines of TCP; whoever is woken first, the rest
/// does not leave.
#[tokio::test]
async fn what_stood_half_sent_beyond_its_limit_is_not_sent_on() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        for woken in ["who writes", "who looks after limits"] {
            let (core, clock, pipes) = piped();
            let mut peer = pipes.connect(64);
            let client =
                HttpClient::new(&core, HttpClientConfig { version, ..HttpClientConfig::new("pipe:1") });
            let limit = later(&core);
            let asking = tokio::spawn(async move {
                let message = HttpMessage::post("/", vec![b'#'; 2_000]);
                (client.exchange(&message, limit).await, client)
            });
            let mut piece = [0; 64];
            while piece != [b'#'; 64] {
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                if piece.ends_with(b"##") && woken != "who writes" {
                    break;
                }
                peer.read_exact(&mut piece).await.unwrap();
            }
            clock.advance(Duration::from_secs(60));
            let (verdict, _client) = asking.await.unwrap();
            assert!(matches!(verdict, Exchanged::MaybeSent(_)), "{version:?}: {verdict:?}");
            let mut rest = Vec::new();
            tokio::time::timeout(Duration::from_millis(200), peer.read_to_end(&mut rest)).await.ok();
            let held = if woken == "who writes" { 0 } else { 64 };
            assert_eq!(rest.len(), held, "{version:?}, first {woken}");
        }
    }
}

#[tokio::test]
async fn contents_and_heads_are_bounded_on_both_sides() {
    let (core, _clock) = standing();
    let sizes = HttpSizes { head: 8 * 1024, content: 10 };
    let server = echo(&core, HttpServerConfig { sizes, ..server_config() }).await;
    let client = HttpClient::new(&core, HttpClientConfig::new(server.address()));
    let long = HttpMessage::post("/", "eleven byte");
    assert_eq!(client.exchange(&long, later(&core)).await.reply().unwrap().status, 413);
    let head = HttpMessage { headers: vec![("x".into(), Bytes::from(vec![b'x'; 9_000]))], ..ask() };
    assert!(client.exchange(&head, later(&core)).await.reply().unwrap().status >= 400);
    let server = echo(&core, server_config()).await;
    let client =
        HttpClient::new(&core, HttpClientConfig { sizes, ..HttpClientConfig::new(server.address()) });
    let verdict = client.exchange(&long, later(&core)).await;
    assert!(matches!(verdict, Exchanged::MaybeSent(_)));
    assert_eq!(verdict.cause().unwrap().kind, CauseKind::Http);
}

/// Who writes all before reading hears why: a connection closed under what is still on its way would lose the answer.
#[tokio::test]
async fn who_sends_far_too_much_is_told_so_after_sending_it() {
    let (core, _clock) = standing();
    let sizes = HttpSizes { head: 8 * 1024, content: 10 };
    let server = echo(&core, HttpServerConfig { sizes, ..server_config() }).await;
    for _ in 0..20 {
        let mut socket = TcpStream::connect(server.address()).await.unwrap();
        socket.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8388608\r\n\r\n").await.unwrap();
        for _ in 0..128 {
            socket.write_all(&[b'x'; 65_536]).await.unwrap();
        }
        let mut told = String::new();
        socket.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
    }
}

#[tokio::test]
async fn who_asks_for_leave_to_send_too_much_is_refused_before_sending_it() {
    let (core, _clock) = standing();
    let sizes = HttpSizes { head: 8 * 1024, content: 10 };
    let server = echo(&core, HttpServerConfig { sizes, ..server_config() }).await;
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 11\r\n\r\n";
    socket.write_all(head).await.unwrap();
    let mut told = String::new();
    socket.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
}

#[tokio::test]
async fn a_slow_head_is_cut_off() {
    let (core, clock) = standing();
    let server = echo(&core, server_config()).await;
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    socket.write_all(b"POST / HT").await.unwrap();
    let mut rest = Vec::new();
    until(&clock, socket.read_to_end(&mut rest)).await.unwrap();
    assert!(core.mark().0 >= Duration::from_secs(30).as_nanos() as u64);
}

/// Neither nothing nor the opening of version 2 tells enough for a library's own limit to begin.
#[tokio::test]
async fn who_never_asks_is_let_go_at_the_limit_of_a_head() {
    let (core, clock) = standing();
    let server = echo(&core, server_config()).await;
    for (number, opening) in ["", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"].into_iter().enumerate() {
        let began = core.mark();
        let mut socket = TcpStream::connect(server.address()).await.unwrap();
        socket.write_all(opening.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let ended = core.within(began.after(Duration::from_secs(600)), socket.read_to_end(&mut rest));
        assert!(until(&clock, ended).await.is_ok(), "{opening:?} is never let go");
        assert!(core.mark().since(began) >= Duration::from_secs(30));
        assert_eq!(server.counts().timed_out.get(), number as u64 + 1);
    }
}

#[tokio::test]
async fn an_answer_may_take_longer_than_a_head() {
    let (core, clock) = standing();
    let inner = core.core();
    let service = HttpServiceFn(move |_, request: HttpMessage| {
        let core = inner.clone();
        async move {
            core.deadline(core.mark().after(Duration::from_secs(100))).await;
            HttpMessage::response(200, request.content)
        }
    });
    let server = HttpServer::start(vec![core.core()], server_config(), Arc::new(service)).await.unwrap();
    let client = HttpClient::new(&core, HttpClientConfig::new(server.address()));
    let far = core.mark().after(Duration::from_secs(1_000_000));
    let asking = tokio::spawn(async move { client.exchange(&ask(), far).await });
    while server.counts().received.get() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(until(&clock, asking).await.unwrap().reply().unwrap().content, "content");
}

#[tokio::test]
async fn leave_that_is_lost_while_a_request_waits_keeps_it_back() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = HttpClient::new(&core, HttpClientConfig { most: 1, ..HttpClientConfig::new(address) });
    let ours = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&ours);
    let leave = Leave::asked(move || asked.load(Ordering::Acquire));
    let (ask, until) = (ask(), later(&core));
    let (first, second, ()) = tokio::join!(
        client.exchange_with(&ask, until, &leave),
        client.exchange_with(&ask, until, &leave),
        async {
            let mut socket = accept(&listener).await;
            assert!(read_request(&mut socket).await);
            ours.store(false, Ordering::Release);
            socket.write_all(REPLY).await.unwrap();
        }
    );
    assert!(first.reply().is_some());
    assert_eq!((second.not_sent(), &second.cause().unwrap().kind), (true, &CauseKind::NoLeave));
    assert_eq!(client.counts().sent.get(), 1);
}

#[tokio::test]
async fn the_most_connections_bind_and_what_waits_is_bounded() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let config = HttpClientConfig { most: 1, waiting: 1, ..HttpClientConfig::new(address) };
    let client = HttpClient::new(&core, config);
    let ask_until = |seconds| {
        let (client, until) = (client.clone(), core.mark().after(Duration::from_secs(seconds)));
        tokio::spawn(async move { client.exchange(&ask(), until).await })
    };
    let first = ask_until(1_000_000);
    let mut socket = accept(&listener).await;
    assert!(read_request(&mut socket).await);
    let second = ask_until(5);
    while client.counts().waiting.get() == 0 {
        tokio::task::yield_now().await;
    }
    let third = client.exchange(&ask(), later(&core)).await;
    assert_eq!((third.not_sent(), &third.cause().unwrap().kind), (true, &CauseKind::Busy));
    let second = until(&clock, second).await.unwrap();
    assert_eq!((second.not_sent(), &second.cause().unwrap().kind), (true, &CauseKind::WaitTimedOut));
    socket.write_all(REPLY).await.unwrap();
    assert!(first.await.unwrap().reply().is_some());
    assert_eq!(client.counts().connected.get(), 1);
}

#[tokio::test]
async fn draining_ends_kept_connections() {
    let (core, _clock) = standing();
    let server = echo(&core, server_config()).await;
    let client = HttpClient::new(&core, HttpClientConfig::new(server.address()));
    assert!(client.exchange(&ask(), later(&core)).await.reply().is_some());
    server.drain(later(&core)).await;
    assert!(client.exchange(&ask(), later(&core)).await.not_sent());
}
