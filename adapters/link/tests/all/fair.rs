//! A party that floods does not starve another.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use link::tcp::{Answer, ServiceFn, TcpServer, TcpServerConfig};
use link::world::BoxFuture;
use link::{Core, World};

use crate::help::*;

/// Connections that flood, and frames that each of them sends at once.
const CONNECTIONS: usize = 64;
const FRAMES: usize = 200;
/// What the work on one frame takes.
const WORK: Duration = Duration::from_micros(200);

/// A server that works on each frame before and after it has waited once.
async fn server(core: &Core, whose: &str, handled: &Arc<AtomicU64>) -> TcpServer {
    let config =
        TcpServerConfig { whose: Some(whose.into()), ..TcpServerConfig::new("127.0.0.1:0", four_digits()) };
    let handled = Arc::clone(handled);
    let service = ServiceFn(move |_, frame| {
        let handled = Arc::clone(&handled);
        async move {
            work();
            tokio::task::yield_now().await;
            work();
            handled.fetch_add(1, Ordering::Relaxed);
            Answer::Frame(frame)
        }
    });
    TcpServer::start(vec![core.clone()], config, Arc::new(service)).await.unwrap()
}

fn work() {
    let began = Instant::now();
    while began.elapsed() < WORK / 2 {
        std::hint::spin_loop();
    }
}

/// Sends all frames at once on all connections, and reads no answers.
fn flood(address: &str) -> Vec<TcpStream> {
    let frames = framed("flood").repeat(FRAMES);
    let connections = (0..CONNECTIONS).map(|_| {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(&frames).unwrap();
        connection
    });
    connections.collect()
}

#[tokio::test]
async fn a_party_that_floods_keeps_another_waiting_for_some_of_its_frames_and_not_for_all() {
    let core = Core::start(World::real());
    let (flooded, calm) = (Arc::default(), Arc::default());
    let (busy, quiet) = (server(&core, "flood", &flooded).await, server(&core, "calm", &calm).await);
    let (busy, quiet) = (busy.address().to_owned(), (quiet.address().to_owned(), quiet));
    let address = quiet.0.clone();
    let counted = Arc::clone(&flooded);
    let asked = tokio::task::spawn_blocking(move || {
        let connections = flood(&busy);
        while counted.load(Ordering::Relaxed) < 500 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut connection = TcpStream::connect(address).unwrap();
        let mut between = Vec::new();
        for _ in 0..9 {
            let before = counted.load(Ordering::Relaxed);
            connection.write_all(&framed("calm")).unwrap();
            connection.read_exact(&mut [0; 8]).unwrap();
            between.push(counted.load(Ordering::Relaxed) - before);
        }
        drop(connections);
        between
    });
    let mut between = asked.await.unwrap();
    between.sort_unstable();
    // Without turns a whole pipeline of each connection stands before every step. Who asks is kept waiting by other work of the machine
    // too, now and then for long.
    assert!(between[2] < (CONNECTIONS * 16 / 8) as u64, "{between:?} frames of the flood before an answer");
    assert!(flooded.load(Ordering::Relaxed) < (CONNECTIONS * FRAMES) as u64, "the flood was over too soon");
}

/// A task that becomes ready again with each poll, so many times, and tells of each.
fn steps(count: u64, mut tell: impl FnMut() + Send + 'static) -> BoxFuture<'static, ()> {
    let mut left = count;
    Box::pin(std::future::poll_fn(move |context| {
        tell();
        left -= 1;
        context.waker().wake_by_ref();
        if left == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    }))
}

#[tokio::test]
async fn tasks_of_one_share_are_polled_for_a_span_a_round_and_none_is_forgotten() {
    let (core, clock) = standing();
    let (polls, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    for _ in 0..200 {
        let (clock, polls, ended) = (clock.clone(), Arc::clone(&polls), Arc::clone(&ended));
        let busy = steps(50, move || {
            clock.advance(Duration::from_micros(20));
            polls.fetch_add(1, Ordering::Relaxed);
        });
        core.spawn(core.share("busy").task(Box::pin(async move {
            busy.await;
            ended.fetch_add(1, Ordering::Relaxed);
        })));
    }
    let (seen, all) = (Arc::new(AtomicU64::new(0)), Arc::clone(&polls));
    let (told, heard) = tokio::sync::oneshot::channel();
    let last = Arc::clone(&seen);
    let calm = steps(100, move || last.store(all.load(Ordering::Relaxed), Ordering::Relaxed));
    core.spawn(core.share("calm").task(Box::pin(async move {
        calm.await;
        told.send(()).unwrap();
    })));
    heard.await.unwrap();
    let before = seen.load(Ordering::Relaxed);
    assert!(before < 1_000, "{before} polls of the others before a hundred steps");
    // A task that ends while it waits for its turn holds nobody up, and all others come to their end.
    while ended.load(Ordering::Relaxed) < 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(polls.load(Ordering::Relaxed), 200 * 50);
}
