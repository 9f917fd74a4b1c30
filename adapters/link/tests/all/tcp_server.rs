use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use link::tcp::{Answer, FrameService, Peer, Refused, ServiceFn, TcpServer, TcpServerConfig};
use link::world::BoxFuture;
use link::{CauseKind, Core};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use crate::help::*;

fn server_config() -> TcpServerConfig {
    TcpServerConfig::new("127.0.0.1:0", four_digits())
}

async fn serve<F, Fut>(core: &Core, config: TcpServerConfig, service: F) -> TcpServer
where
    F: Fn(Arc<Peer>, Bytes) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    TcpServer::start(vec![core.clone()], config, Arc::new(ServiceFn(service))).await.unwrap()
}

async fn echo(core: &Core, config: TcpServerConfig) -> TcpServer {
    serve(core, config, |_, frame| async move { Answer::Frame(frame) }).await
}

async fn connect(server: &TcpServer) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

async fn closed(socket: &mut TcpStream) -> bool {
    matches!(socket.read(&mut [0; 16]).await, Ok(0) | Err(_))
}

#[tokio::test]
async fn frames_are_answered_in_order_although_handled_at_once() {
    let (core, _clock) = standing();
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let server = serve(&core, server_config(), move |_, frame: Bytes| {
        let gate = Arc::clone(&waiting);
        async move {
            if frame == "slow" {
                drop(gate.acquire().await.unwrap());
            } else {
                gate.add_permits(1);
            }
            Answer::Frame(frame)
        }
    })
    .await;
    let mut socket = connect(&server).await;
    // The first answer waits for the second handler: both must run at once.
    let wire = [framed("slow"), framed("quick"), framed("third")].concat();
    socket.write_all(&wire).await.unwrap();
    for expected in ["slow", "quick", "third"] {
        assert_eq!(read_frame(&mut socket).await, expected);
    }
}

#[tokio::test]
async fn no_more_frames_are_begun_than_the_pipeline_allows() {
    let (core, _clock) = standing();
    let (begun, mut heard) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let config = TcpServerConfig { pipeline: 2, ..server_config() };
    let server = serve(&core, config, move |_, frame: Bytes| {
        let (begun, gate) = (begun.clone(), Arc::clone(&gate));
        async move {
            begun.send(()).unwrap();
            gate.acquire().await.unwrap().forget();
            Answer::Frame(frame)
        }
    })
    .await;
    let mut socket = connect(&server).await;
    for number in 0..6 {
        write_frame(&mut socket, &format!("{number}")).await;
    }
    for number in 0..6 {
        heard.recv().await.unwrap();
        if number > 0 {
            assert!(server.counts().received.get() - server.counts().sent.get() <= 2);
            open.add_permits(1);
            assert_eq!(read_frame(&mut socket).await, format!("{}", number - 1));
        }
    }
}

#[tokio::test]
async fn connecting_and_closing_is_silent() {
    let (core, _clock) = standing();
    let (refused, mut heard) = mpsc::unbounded_channel();
    let service = Arc::new(Listening { refused });
    let server = TcpServer::start(vec![core.core()], server_config(), service).await.unwrap();
    drop(connect(&server).await);
    while server.counts().silent.get() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(heard.try_recv().is_err());
    let mut socket = connect(&server).await;
    write_frame(&mut socket, "still there").await;
    assert_eq!(read_frame(&mut socket).await, "still there");
}

struct Listening {
    refused: mpsc::UnboundedSender<Refused>,
}

impl FrameService for Listening {
    fn handle(&self, _peer: &Arc<Peer>, frame: Bytes) -> BoxFuture<'static, Answer> {
        Box::pin(async move { Answer::Frame(frame) })
    }

    fn refused(&self, _peer: &Peer, refused: &Refused) {
        self.refused.send(refused.clone()).unwrap();
    }
}

#[tokio::test]
async fn garbage_is_told_with_its_head_after_what_was_good_is_answered() {
    let (core, _clock) = standing();
    let (refused, mut heard) = mpsc::unbounded_channel();
    let server =
        TcpServer::start(vec![core.core()], server_config(), Arc::new(Listening { refused })).await.unwrap();
    let mut socket = connect(&server).await;
    let wire = [framed("good"), b"GET / HTTP/1.1\r\n".to_vec()].concat();
    socket.write_all(&wire).await.unwrap();
    assert_eq!(read_frame(&mut socket).await, "good");
    assert!(closed(&mut socket).await);
    let refused = heard.recv().await.unwrap();
    assert!(matches!(refused.cause.kind, CauseKind::Frame(_)));
    assert_eq!(refused.head, "GET / HTTP/1.1\r\n");
    let mut config = server_config();
    config.frame.most = 10;
    let small = echo(&core, config).await;
    let mut socket = connect(&small).await;
    socket.write_all(b"0011").await.unwrap();
    assert!(closed(&mut socket).await);
}

#[tokio::test]
async fn slow_and_silent_peers_are_closed_at_their_limits() {
    let (core, clock) = standing();
    let (refused, mut heard) = mpsc::unbounded_channel();
    let server =
        TcpServer::start(vec![core.core()], server_config(), Arc::new(Listening { refused })).await.unwrap();
    let began = core.mark();
    let mut silent = connect(&server).await;
    assert!(until(&clock, closed(&mut silent)).await);
    assert!(core.mark().since(began) >= Duration::from_secs(10));

    // One byte at a time keeps no frame alive: its time runs from its first byte.
    let mut slow = connect(&server).await;
    let began = core.mark();
    let mut sent = 0;
    for byte in b"0100".iter().chain(std::iter::repeat_n(&b'x', 99)) {
        sent += usize::from(slow.write_all(&[*byte]).await.is_ok());
        clock.advance(Duration::from_millis(300));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    assert!(closed(&mut slow).await);
    assert!(core.mark().since(began) >= Duration::from_secs(10));
    assert!(sent > 20);
    assert_eq!(heard.recv().await.unwrap().cause.kind, CauseKind::AnswerTimedOut);

    let mut idle = connect(&server).await;
    write_frame(&mut idle, "once").await;
    assert_eq!(read_frame(&mut idle).await, "once");
    let began = core.mark();
    assert!(until(&clock, closed(&mut idle)).await);
    assert!(core.mark().since(began) >= Duration::from_secs(300));
    assert_eq!(server.counts().timed_out.get(), 3);
}

#[tokio::test]
async fn a_handler_may_take_longer_than_the_idle_limit() {
    let (core, clock) = standing();
    let inner = core.core();
    let server = serve(&core, server_config(), move |_, frame| {
        let core = inner.clone();
        async move {
            core.deadline(core.mark().after(Duration::from_secs(2_000))).await;
            Answer::Frame(frame)
        }
    })
    .await;
    let mut socket = connect(&server).await;
    write_frame(&mut socket, "patience").await;
    assert_eq!(until(&clock, read_frame(&mut socket)).await, "patience");
}

#[tokio::test]
async fn answers_reach_a_peer_that_has_half_closed() {
    let (core, _clock) = standing();
    let server = echo(&core, server_config()).await;
    let mut socket = connect(&server).await;
    write_frame(&mut socket, "last question").await;
    socket.shutdown().await.unwrap();
    assert_eq!(read_frame(&mut socket).await, "last question");
    assert!(closed(&mut socket).await);
}

#[tokio::test]
async fn connections_past_the_most_are_turned_away() {
    let (core, _clock) = standing();
    let server = echo(&core, TcpServerConfig { connections: 2, ..server_config() }).await;
    let mut kept = [connect(&server).await, connect(&server).await];
    for socket in &mut kept {
        write_frame(socket, "in").await;
        assert_eq!(read_frame(socket).await, "in");
    }
    assert!(closed(&mut connect(&server).await).await);
    assert_eq!(server.counts().turned_away.get(), 1);
}

#[tokio::test]
async fn answers_that_close_and_answers_that_are_none() {
    let (core, _clock) = standing();
    let server = serve(&core, server_config(), |_, frame: Bytes| async move {
        match &frame[..] {
            b"notice" => Answer::Silence,
            b"bye" => Answer::FrameAndClose(frame),
            b"cut" => Answer::Close,
            _ => Answer::Frame(frame),
        }
    })
    .await;
    let mut socket = connect(&server).await;
    for payload in ["notice", "ask", "bye", "never read"] {
        write_frame(&mut socket, payload).await;
    }
    assert_eq!(read_frame(&mut socket).await, "ask");
    assert_eq!(read_frame(&mut socket).await, "bye");
    assert!(closed(&mut socket).await);
    let mut socket = connect(&server).await;
    write_frame(&mut socket, "cut").await;
    assert!(closed(&mut socket).await);
}

#[tokio::test]
async fn draining_answers_what_was_begun() {
    let (core, _clock) = standing();
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let server = serve(&core, server_config(), move |_, frame| {
        let gate = Arc::clone(&gate);
        async move {
            drop(gate.acquire().await.unwrap());
            Answer::Frame(frame)
        }
    })
    .await;
    let mut busy = connect(&server).await;
    write_frame(&mut busy, "under way").await;
    let mut idle = connect(&server).await;
    while server.counts().received.get() == 0 || server.counts().open.get() < 2 {
        tokio::task::yield_now().await;
    }
    let address = server.address().to_owned();
    let until = later(&core);
    let ((), ()) = tokio::join!(server.drain(until), async {
        assert!(closed(&mut idle).await);
        open.add_permits(1);
        assert_eq!(read_frame(&mut busy).await, "under way");
        assert!(closed(&mut busy).await);
    });
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn connections_are_dealt_to_the_least_loaded_core() {
    let runtimes: Vec<_> = (0..2)
        .map(|_| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
        .collect();
    let owners: Vec<_> =
        runtimes.iter().map(|runtime| runtime.block_on(async { Core::start(link::World::real()) })).collect();
    let cores: Vec<Core> = owners.iter().map(link::CoreOwner::core).collect();
    runtimes[0].block_on(async {
        let service =
            ServiceFn(
                |peer: Arc<Peer>, _| async move { Answer::Frame(Bytes::from(format!("{}", peer.core))) },
            );
        let server = TcpServer::start(cores, server_config(), Arc::new(service)).await.unwrap();
        let mut seen = Vec::new();
        let mut kept = Vec::new();
        for _ in 0..4 {
            let mut socket = connect(&server).await;
            write_frame(&mut socket, "who").await;
            seen.push(read_frame(&mut socket).await);
            kept.push(socket);
        }
        assert_eq!(seen, ["0", "1", "0", "1"]);
    });
}
