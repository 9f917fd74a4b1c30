//! Peers that ask and read their answers slowly, or not at all.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use link::Core;
use link::tcp::{Answer, ServiceFn, TcpServer, TcpServerConfig};
use link::tls::{TlsClient, TlsServer};
use link::world::{ManualClock, Stream};

use crate::help::*;
use crate::tls::sides;

/// What the pipes of these tests hold, less than half an answer.
const PIPE: usize = 4 * 1024;

/// What is answered to a payload.
fn long(payload: &str) -> String {
    format!("{payload:x<9000}")
}

async fn serve(core: &Core, tls: Option<Arc<TlsServer>>, answer: fn(Bytes) -> Answer) -> TcpServer {
    let service = ServiceFn(move |_, frame: Bytes| async move {
        answer(Bytes::from(long(std::str::from_utf8(&frame).unwrap())))
    });
    let config = TcpServerConfig { tls, ..TcpServerConfig::new("pipe", four_digits()) };
    TcpServer::start(vec![core.clone()], config, Arc::new(service)).await.unwrap()
}

/// A server over TLS, and a client's end of a connection to it.
async fn serve_tls(core: &Core, pipes: &Pipes, answer: fn(Bytes) -> Answer) -> (TcpServer, Stream) {
    let sides = sides();
    let server = serve(core, Some(Arc::new(TlsServer::new(&sides.server).unwrap())), answer).await;
    let client = TlsClient::new(&sides.client, "pipe:1").unwrap();
    let pipe = Stream::made(Box::new(pipes.connect(PIPE)), "pipe");
    (server, client.connect(pipe).await.unwrap())
}

/// Moves time on until a limit of the server has passed; says how long that took.
async fn until_cut(core: &Core, clock: &ManualClock, server: &TcpServer) -> Duration {
    let began = core.mark();
    let cut = async {
        while server.counts().timed_out.get() == 0 {
            tokio::task::yield_now().await;
        }
    };
    until(clock, cut).await;
    core.mark().since(began)
}

async fn rest() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_last_answer_leaves_whole_although_tls_has_taken_what_the_socket_has_not() {
    let (core, _clock, pipes) = piped();
    let (_server, mut socket) = serve_tls(&core, &pipes, Answer::FrameAndClose).await;
    write_frame(&mut socket, "last").await;
    rest().await;
    assert_eq!(read_frame(&mut socket).await, long("last"));
}

#[tokio::test]
async fn what_tls_has_taken_and_the_socket_has_not_is_under_the_limit_of_writing() {
    let (core, clock, pipes) = piped();
    let (server, mut socket) = serve_tls(&core, &pipes, Answer::Frame).await;
    write_frame(&mut socket, "never read").await;
    rest().await;
    let took = until_cut(&core, &clock, &server).await;
    assert!((9..20).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn who_does_not_read_is_read_no_further() {
    let (core, _clock, pipes) = piped();
    let server = serve(&core, None, Answer::Frame).await;
    let (mut reading, mut writing) = tokio::io::split(pipes.connect(PIPE));
    let asking = tokio::spawn(async move {
        for number in 0..2_000 {
            write_frame(&mut writing, &number.to_string()).await;
        }
    });
    for _ in 0..100 {
        rest().await;
    }
    assert!(!asking.is_finished());
    // The pipeline's 16, and what stands for 64 KiB.
    assert!(server.counts().received.get() <= 24, "{}", server.counts().received.get());
    for number in 0..2_000 {
        assert_eq!(read_frame(&mut reading).await, long(&number.to_string()));
    }
    asking.await.unwrap();
}

#[tokio::test]
async fn who_reads_steadily_is_not_cut_and_who_stops_is() {
    let (core, clock, pipes) = piped();
    let server = serve(&core, None, Answer::Frame).await;
    let mut socket = pipes.connect(PIPE);
    for number in 0..16 {
        write_frame(&mut socket, &number.to_string()).await;
    }
    for number in 0..13 {
        assert_eq!(read_frame(&mut socket).await, long(&number.to_string()));
        rest().await;
        clock.advance(Duration::from_secs(1));
        rest().await;
    }
    assert_eq!(server.counts().timed_out.get(), 0);
    let took = until_cut(&core, &clock, &server).await;
    assert!((8..12).contains(&took.as_secs()), "{took:?}");
}
