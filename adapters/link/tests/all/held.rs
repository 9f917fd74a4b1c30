//! Connections that are held: signs of life, how long they may be idle, and when they are made again.

use crate::help::*;
use link::tcp::{Beat, BeatOn, Hold, LineEvent, TcpClient, TcpClientConfig};
use link::world::ManualClock;
use link::{CauseKind, Mark};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;

const ONE: Hold = Hold::OneEach { connections: 1 };

fn beat(on: BeatOn, empty_frame: bool, close_after: Option<Duration>) -> Vec<Beat> {
    vec![Beat { after: Duration::from_secs(10), on, empty_frame, close_after }]
}

/// The events up to the end of the connection, and why it ended.
async fn to_the_end(clock: &ManualClock, heard: &mut UnboundedReceiver<LineEvent>) -> (usize, CauseKind) {
    let mut beats = 0;
    loop {
        match until(clock, heard.recv()).await.unwrap() {
            LineEvent::BeatDue { .. } => beats += 1,
            LineEvent::Down { cause, .. } => return (beats, cause.kind),
            LineEvent::Up { .. } | LineEvent::Frame { .. } => {}
        }
    }
}

#[tokio::test]
async fn a_line_without_a_sign_of_life_beats_at_its_pace_and_is_given_up() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let beats = beat(BeatOn::Unheard, false, Some(Duration::from_secs(25)));
    let config = TcpClientConfig { eager: true, beats, ..config(address, ONE) };
    let _client = TcpClient::start(&core, config, handler).unwrap();
    let _socket = accept(&listener).await;
    // At 10, 20 and 30 seconds; at 35 it is closed.
    assert_eq!(to_the_end(&clock, &mut heard).await, (3, CauseKind::AnswerTimedOut));
    assert!(core.mark() >= Mark(0).after(Duration::from_secs(35)));
}

#[tokio::test]
async fn an_empty_frame_is_a_sign_of_life_and_no_reply() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let beats = beat(BeatOn::Unheard, true, Some(Duration::from_secs(5)));
    let config = TcpClientConfig { eager: true, beats, ..config(address, ONE) };
    let client = TcpClient::start(&core, config, handler).unwrap();
    let mut socket = accept(&listener).await;
    for _ in 0..3 {
        assert_eq!(until(&clock, read_frame(&mut socket)).await, "");
        write_frame(&mut socket, "").await;
    }
    let (verdict, ()) = tokio::join!(client.exchange(request(&core, "ask")), async {
        while read_frame(&mut socket).await != "ask" {}
        write_frame(&mut socket, "").await;
        write_frame(&mut socket, "reply").await;
    });
    assert_eq!(verdict.reply().unwrap(), "reply");
    assert!(matches!(heard.recv().await, Some(LineEvent::Up { line: 0, .. })));
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn two_beats_of_a_line_go_each_at_its_own_pace() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let alive =
        Beat { after: Duration::from_secs(30), on: BeatOn::Unsent, empty_frame: false, close_after: None };
    let asked = Beat {
        after: Duration::from_secs(40),
        on: BeatOn::Unheard,
        empty_frame: false,
        close_after: Some(Duration::from_secs(25)),
    };
    let config = TcpClientConfig { eager: true, beats: vec![alive, asked], ..config(address, ONE) };
    let _client = TcpClient::start(&core, config, handler).unwrap();
    let _socket = accept(&listener).await;
    let mut due = Vec::new();
    let cause = loop {
        match until(&clock, heard.recv()).await.unwrap() {
            LineEvent::BeatDue { beat, .. } => due.push(beat),
            LineEvent::Down { cause, .. } => break cause.kind,
            LineEvent::Up { .. } | LineEvent::Frame { .. } => {}
        }
    };
    // At 30, 40 and 60 seconds; at 65 it is closed.
    assert_eq!((due, cause), (vec![0, 1, 0], CauseKind::AnswerTimedOut));
    assert!(core.mark() >= Mark(0).after(Duration::from_secs(65)));
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_one_that_waits_for_a_reply_is_not() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let idle = Some(Duration::from_secs(3));
    let config = TcpClientConfig { idle, ..config(address, ONE) };
    let client = TcpClient::start(&core, config, handler).unwrap();
    let (verdict, mut socket) = tokio::join!(client.exchange(request(&core, "ask")), async {
        let mut socket = accept(&listener).await;
        read_frame(&mut socket).await;
        clock.advance(Duration::from_secs(4));
        write_frame(&mut socket, "reply").await;
        socket
    });
    assert_eq!(verdict.reply().unwrap(), "reply");
    assert_eq!(to_the_end(&clock, &mut heard).await, (0, CauseKind::Closed));
    assert_eq!(tokio::io::AsyncReadExt::read(&mut socket, &mut [0; 4]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_line_is_kept_up_only_while_it_is_wanted_so() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let client = TcpClient::start(&core, config(address, ONE), handler).unwrap();
    client.keep_up(true);
    drop(until(&clock, accept(&listener)).await);
    assert_eq!(to_the_end(&clock, &mut heard).await, (0, CauseKind::Closed));
    let socket = until(&clock, accept(&listener)).await;
    client.keep_up(false);
    drop(socket);
    assert_eq!(to_the_end(&clock, &mut heard).await, (0, CauseKind::Closed));
    clock.advance(Duration::from_secs(60));
    assert!(tokio::time::timeout(Duration::from_millis(100), listener.accept()).await.is_err());
}

#[tokio::test]
async fn the_connection_that_the_other_side_makes_is_the_one_line_and_another_is_turned_away() {
    let (core, _clock) = standing();
    let (handler, mut heard) = events();
    let settings = config("127.0.0.1:0".to_owned(), by_key(1));
    let (client, address) = TcpClient::accept(&core, settings, None, handler).await.unwrap();
    for round in 0..2 {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        assert!(matches!(heard.recv().await, Some(LineEvent::Up { line: 0, .. })));
        let mut another = TcpStream::connect(&address).await.unwrap();
        assert_eq!(tokio::io::AsyncReadExt::read(&mut another, &mut [0; 4]).await.unwrap(), 0);
        assert_eq!(client.counts().turned_away.get(), round + 1);
        write_frame(&mut socket, "what they begin").await;
        let began = LineEvent::Frame { line: 0, frame: "what they begin".into(), late: None };
        assert_eq!(heard.recv().await, Some(began));
        let (verdict, ()) = tokio::join!(client.exchange_on(0, request(&core, "ask1")), async {
            assert_eq!(read_frame(&mut socket).await, "ask1");
            write_frame(&mut socket, "ask1 answered").await;
        });
        assert_eq!(verdict.reply().unwrap(), "ask1 answered");
        drop(socket);
        assert!(matches!(heard.recv().await, Some(LineEvent::Down { .. })));
        let down = client.exchange_on(0, request(&core, "ask2")).await;
        assert_eq!(down.cause().unwrap().kind, CauseKind::Down);
    }
}
