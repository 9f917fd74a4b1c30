use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use link::tcp::{Beat, BeatOn, Hold, LineEvent, Pair, Pending, Request, TcpClient, TcpClientConfig};
use link::{Cause, CauseKind, Exchanged, Leave, Sent, Whose};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::help::*;

fn kind(verdict: &Exchanged) -> CauseKind {
    verdict.cause().unwrap().kind.clone()
}

async fn client(core: &link::Core, config: TcpClientConfig) -> TcpClient {
    TcpClient::start(core, config, events().0).unwrap()
}

#[tokio::test]
async fn a_connection_for_each_exchange() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, Hold::None { most: 2 })).await;
    let peer = tokio::spawn(async move {
        for _ in 0..2 {
            let mut socket = accept(&listener).await;
            let asked = read_frame(&mut socket).await;
            write_frame(&mut socket, &format!("re {asked}")).await;
            assert_eq!(socket.read(&mut [0; 8]).await.unwrap(), 0);
        }
    });
    for ask in ["one", "two"] {
        let reply = client.exchange(request(&core, ask)).await.reply().unwrap();
        assert_eq!(reply, format!("re {ask}"));
    }
    peer.await.unwrap();
    assert_eq!((client.counts().replied.get(), client.counts().open.get()), (2, 0));
}

#[tokio::test]
async fn nobody_there_is_not_sent() {
    let (core, clock) = standing();
    for hold in [Hold::None { most: 1 }, Hold::OneEach { connections: 2 }] {
        let (listener, address) = listen().await;
        drop(listener);
        let client = client(&core, config(address, hold.clone())).await;
        let verdict = client.exchange(request(&core, "a")).await;
        assert!(verdict.not_sent(), "{verdict:?}");
        assert_eq!(kind(&verdict), CauseKind::ConnectRefused);
        assert_eq!(verdict.cause().unwrap().whose(), Whose::Theirs);
    }
    clock.advance(Duration::from_secs(1));
}

#[tokio::test]
async fn a_line_that_is_down_refuses_at_once_and_comes_back_after_its_pause() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    drop(listener);
    let client = client(&core, config(address.clone(), Hold::OneEach { connections: 1 })).await;
    assert_eq!(kind(&client.exchange(request(&core, "a")).await), CauseKind::ConnectRefused);
    assert_eq!(kind(&client.exchange(request(&core, "a")).await), CauseKind::Down);
    let listener = tokio::net::TcpListener::bind(&address).await.unwrap();
    clock.advance(Duration::from_secs(2));
    let (verdict, ()) = tokio::join!(client.exchange(request(&core, "b")), async {
        let mut socket = accept(&listener).await;
        read_frame(&mut socket).await;
        write_frame(&mut socket, "back").await;
    });
    assert_eq!(verdict.reply().unwrap(), "back");
}

/// The process is stopped when the socket has taken a part of a request. When it goes on others may have asked long ago what became
/// of it, and heard that it never came: the rest does not leave, though there is room for it now.
#[tokio::test]
async fn what_stood_half_sent_beyond_its_limit_is_not_sent_on() {
    for hold in [Hold::None { most: 1 }, Hold::OneEach { connections: 1 }] {
        let (core, clock, pipes) = piped();
        let mut peer = pipes.connect(64);
        let client = client(&core, config("pipe".into(), hold.clone())).await;
        let asks = request(&core, &"x".repeat(500));
        let asking = tokio::spawn(async move { client.exchange(asks).await });
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        // Who was waiting for room is woken before who looks after the limits.
        let mut first = [0; 64];
        peer.read_exact(&mut first).await.unwrap();
        clock.advance(Duration::from_secs(60));
        let verdict = asking.await.unwrap();
        assert!(matches!(verdict, Exchanged::MaybeSent(_)), "{hold:?}: {verdict:?}");
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_millis(200), peer.read_to_end(&mut rest)).await.ok();
        assert_eq!(rest.len(), 0, "{hold:?}");
    }
}

#[tokio::test]
async fn a_reply_cut_at_every_byte_is_maybe_sent() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    for hold in [Hold::None { most: 1 }, Hold::OneEach { connections: 1 }] {
        let reply = framed("the reply");
        for cut in 0..=reply.len() {
            let client = client(&core, config(address.clone(), hold.clone())).await;
            let (verdict, ()) = tokio::join!(client.exchange(request(&core, "ask")), async {
                let mut socket = accept(&listener).await;
                read_frame(&mut socket).await;
                socket.write_all(&reply[..cut]).await.unwrap();
            });
            if cut == reply.len() {
                assert_eq!(verdict.reply().unwrap(), "the reply");
            } else {
                assert!(matches!(verdict, Exchanged::MaybeSent(_)), "cut at {cut}: {verdict:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_reset_after_the_request_is_maybe_sent() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, Hold::OneEach { connections: 1 })).await;
    let (verdict, ()) = tokio::join!(client.exchange(request(&core, "ask")), async {
        let mut socket = accept(&listener).await;
        // Closing with unread bytes resets the connection.
        socket.read_exact(&mut [0; 2]).await.unwrap();
    });
    assert!(matches!(verdict, Exchanged::MaybeSent(_)), "{verdict:?}");
}

#[tokio::test]
async fn a_half_closed_peer_still_has_its_reply_heard() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, Hold::OneEach { connections: 1 })).await;
    let (verdict, _socket) = tokio::join!(client.exchange(request(&core, "ask")), async {
        let mut socket = accept(&listener).await;
        read_frame(&mut socket).await;
        write_frame(&mut socket, "last words").await;
        socket.shutdown().await.unwrap();
        socket
    });
    assert_eq!(verdict.reply().unwrap(), "last words");
}

#[tokio::test]
async fn a_stale_held_connection_is_replaced_before_anything_is_sent() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let client = TcpClient::start(&core, config(address, Hold::OneEach { connections: 1 }), handler).unwrap();
    for round in 0..3 {
        let (verdict, ()) = tokio::join!(client.exchange(request(&core, "ask")), async {
            let mut socket = accept(&listener).await;
            read_frame(&mut socket).await;
            write_frame(&mut socket, "reply").await;
        });
        assert_eq!(verdict.reply().unwrap(), "reply", "round {round}");
        loop {
            if let LineEvent::Down { cause, .. } = until(&clock, heard.recv()).await.unwrap() {
                assert_eq!(cause.kind, CauseKind::Closed);
                break;
            }
        }
    }
    assert_eq!(client.counts().connected.get(), 3);
}

#[tokio::test]
async fn bytes_that_are_no_frame_close_the_line() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    for reply in ["HTTP/1.1 400", "99999999"] {
        let mut config = config(address.clone(), Hold::OneEach { connections: 1 });
        config.frame.most = 5_000;
        let client = client(&core, config).await;
        let (verdict, _socket) = tokio::join!(client.exchange(request(&core, "ask")), async {
            let mut socket = accept(&listener).await;
            read_frame(&mut socket).await;
            socket.write_all(reply.as_bytes()).await.unwrap();
            socket
        });
        assert!(matches!(kind(&verdict), CauseKind::Frame(_)), "{verdict:?}");
        assert!(!verdict.not_sent());
        assert_eq!(client.counts().garbled.get(), 1);
    }
}

#[tokio::test]
async fn the_pool_never_has_more_connections_than_it_may() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, Hold::OneEach { connections: 3 })).await;
    let accepted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&accepted);
    let peer = tokio::spawn(async move {
        loop {
            let mut socket = accept(&listener).await;
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                loop {
                    let asked = read_frame(&mut socket).await;
                    tokio::task::yield_now().await;
                    write_frame(&mut socket, &asked).await;
                }
            });
        }
    });
    let mut asking = Vec::new();
    for number in 0..60 {
        let (client, request) = (client.clone(), request(&core, &format!("ask {number}")));
        asking.push(tokio::spawn(async move {
            let bytes = request.bytes.clone();
            assert_eq!(client.exchange(request).await.reply().unwrap(), bytes);
        }));
    }
    for asked in asking {
        asked.await.unwrap();
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 3);
    peer.abort();
}

#[tokio::test]
async fn replies_out_of_order_find_their_exchanges() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let client = TcpClient::start(&core, config(address, by_key(1)), handler).unwrap();
    let peer = tokio::spawn(async move {
        let mut socket = accept(&listener).await;
        let mut asked = Vec::new();
        for _ in 0..20 {
            asked.push(read_frame(&mut socket).await);
        }
        write_frame(&mut socket, "9999 nobody asked").await;
        for ask in asked.iter().rev() {
            write_frame(&mut socket, &format!("{ask} answered")).await;
        }
        socket
    });
    let mut tasks = Vec::new();
    for number in 0..20 {
        let (client, request) = (client.clone(), request(&core, &format!("{number:04}")));
        tasks.push(tokio::spawn(async move { (number, client.exchange(request).await) }));
    }
    for task in tasks {
        let (number, verdict) = task.await.unwrap();
        assert_eq!(verdict.reply().unwrap(), format!("{number:04} answered"));
    }
    drop(peer.await.unwrap());
    assert!(matches!(heard.recv().await.unwrap(), LineEvent::Up { line: 0, .. }));
    let frame = Bytes::from_static(b"9999 nobody asked");
    assert_eq!(heard.recv().await.unwrap(), LineEvent::Frame { line: 0, frame, late: None });
}

#[tokio::test]
async fn leave_that_is_lost_while_a_request_waits_keeps_it_back() {
    for hold in [Hold::OneEach { connections: 1 }, Hold::None { most: 1 }] {
        let (core, _clock) = standing();
        let (listener, address) = listen().await;
        let client = client(&core, config(address, hold)).await;
        let ours = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&ours);
        let leave = Leave::asked(move || asked.load(Ordering::Acquire));
        let second = Request { leave: leave.clone(), ..request(&core, "0002") };
        let (first, second, ()) = tokio::join!(
            client.exchange(Request { leave, ..request(&core, "0001") }),
            client.exchange(second),
            async {
                let mut socket = accept(&listener).await;
                assert_eq!(read_frame(&mut socket).await, "0001");
                ours.store(false, Ordering::Release);
                write_frame(&mut socket, "0001").await;
            }
        );
        assert_eq!(first.reply().unwrap(), "0001");
        assert_eq!(kind(&second), CauseKind::NoLeave);
        assert!(second.not_sent());
        assert_eq!(client.counts().sent.get(), 1);
    }
}

#[tokio::test]
async fn two_exchanges_with_one_key_are_not_both_sent() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, by_key(1))).await;
    let (first, second, ()) = tokio::join!(
        client.exchange(request(&core, "same 1")),
        client.exchange(request(&core, "same 2")),
        async {
            let mut socket = accept(&listener).await;
            read_frame(&mut socket).await;
            tokio::task::yield_now().await;
            write_frame(&mut socket, "same").await;
            // The second must not arrive before the first is answered.
            while client.counts().not_sent.get() == 0 {
                tokio::task::yield_now().await;
            }
        }
    );
    assert_eq!(first.reply().unwrap(), "same");
    assert_eq!(kind(&second), CauseKind::SameKey);
    assert!(second.not_sent());
}

#[tokio::test]
async fn a_late_reply_is_told_and_never_given_to_the_next_exchange() {
    for hold in [Hold::OneEach { connections: 1 }, Hold::None { most: 1 }, by_key(1)] {
        let (core, clock) = standing();
        let (listener, address) = listen().await;
        let (handler, mut heard) = events();
        let config = TcpClientConfig { late: Duration::from_secs(60), ..config(address, hold) };
        let client = TcpClient::start(&core, config, handler).unwrap();
        let asking = tokio::spawn({
            let (client, request) = (client.clone(), request(&core, "0001"));
            async move { client.exchange(request).await }
        });
        let mut socket = accept(&listener).await;
        read_frame(&mut socket).await;
        let verdict = until(&clock, asking).await.unwrap();
        assert_eq!(kind(&verdict), CauseKind::AnswerTimedOut);
        assert!(!verdict.not_sent());
        write_frame(&mut socket, "0001 late").await;
        loop {
            if let LineEvent::Frame { frame, late, .. } = heard.recv().await.unwrap() {
                assert_eq!((&frame[..], late), (&b"0001 late"[..], Some(77)));
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_was_given_up_and_is_listened_for_keeps_no_copy_of_the_same_key() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let config = TcpClientConfig { late: Duration::from_secs(60), ..config(address, by_key(1)) };
    let client = client(&core, config).await;
    let ask = || {
        let (client, request) = (client.clone(), request(&core, "same 1"));
        tokio::spawn(async move { client.exchange(request).await })
    };
    let first = ask();
    let mut socket = accept(&listener).await;
    read_frame(&mut socket).await;
    assert_eq!(kind(&until(&clock, first).await.unwrap()), CauseKind::AnswerTimedOut);
    let second = ask();
    assert_eq!(read_frame(&mut socket).await, "same 1");
    write_frame(&mut socket, "same").await;
    assert_eq!(until(&clock, second).await.unwrap().reply().unwrap(), "same");
}

#[tokio::test]
async fn without_a_late_time_a_timed_out_line_is_closed() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, Hold::OneEach { connections: 1 })).await;
    let asking = tokio::spawn({
        let (client, request) = (client.clone(), request(&core, "ask"));
        async move { client.exchange(request).await }
    });
    let mut socket = accept(&listener).await;
    read_frame(&mut socket).await;
    assert_eq!(kind(&until(&clock, asking).await.unwrap()), CauseKind::AnswerTimedOut);
    assert!(socket.read(&mut [0; 8]).await.is_err());
    assert_eq!(client.counts().timed_out.get(), 1);
}

#[tokio::test]
async fn what_waits_is_bounded_and_fails_unsent_at_its_limit() {
    let (core, clock) = standing();
    for hold in [Hold::OneEach { connections: 1 }, Hold::None { most: 1 }] {
        let (listener, address) = listen().await;
        let client = client(&core, TcpClientConfig { waiting: 2, ..config(address, hold) }).await;
        let ask = |payload: &str, seconds| {
            let (client, mut request) = (client.clone(), request(&core, payload));
            request.until = core.mark().after(Duration::from_secs(seconds));
            tokio::spawn(async move { client.exchange(request).await })
        };
        let first = ask("first", 1_000_000);
        let mut socket = accept(&listener).await;
        read_frame(&mut socket).await;
        let waiting = [ask("second", 5), ask("third", 5)];
        while client.counts().waiting.get() < 2 {
            tokio::task::yield_now().await;
        }
        let refused = client.exchange(request(&core, "fourth")).await;
        assert_eq!((refused.not_sent(), kind(&refused)), (true, CauseKind::Busy));
        for waiter in waiting {
            let verdict = until(&clock, waiter).await.unwrap();
            assert_eq!((verdict.not_sent(), kind(&verdict)), (true, CauseKind::WaitTimedOut));
        }
        write_frame(&mut socket, "done").await;
        assert_eq!(first.await.unwrap().reply().unwrap(), "done");
        assert_eq!(client.counts().waiting.get(), 0);
    }
}

#[tokio::test]
async fn a_peer_that_reads_nothing_makes_the_rest_wait_not_leave() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let mut config = config(address, by_key(1));
    config.frame =
        link::frame::FrameConfig::new(link::frame::Frame::lines(link::frame::LineEnd::Lf), 64 << 20);
    let client = client(&core, config).await;
    let big = Request { bytes: Bytes::from(vec![b'x'; 64 << 20]), ..request(&core, "xxxx") };
    let stuck = tokio::spawn({
        let (client, big) = (client.clone(), big);
        async move { client.exchange(big).await }
    });
    let socket = accept(&listener).await;
    let behind = tokio::spawn({
        let (client, request) = (client.clone(), request(&core, "yyyy"));
        async move { client.exchange(request).await }
    });
    let verdict = until(&clock, stuck).await.unwrap();
    assert!(matches!(verdict, Exchanged::MaybeSent(_)), "{:?}", verdict.cause());
    assert!(until(&clock, behind).await.unwrap().not_sent());
    drop(socket);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_the_line_in_step() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let client = TcpClient::start(&core, config(address, Hold::OneEach { connections: 1 }), handler).unwrap();
    let gone = tokio::spawn({
        let (client, request) = (client.clone(), request(&core, "gone"));
        async move { client.exchange(request).await }
    });
    let mut socket = accept(&listener).await;
    read_frame(&mut socket).await;
    gone.abort();
    assert!(gone.await.is_err());
    write_frame(&mut socket, "for nobody").await;
    let (verdict, ()) = tokio::join!(client.exchange(request(&core, "next")), async {
        assert_eq!(read_frame(&mut socket).await, "next");
        write_frame(&mut socket, "for next").await;
    });
    assert_eq!(verdict.reply().unwrap(), "for next");
    assert!(matches!(heard.recv().await.unwrap(), LineEvent::Up { line: 0, .. }));
    let frame = Bytes::from_static(b"for nobody");
    assert_eq!(heard.recv().await.unwrap(), LineEvent::Frame { line: 0, frame, late: Some(77) });
}

#[tokio::test]
async fn an_idle_line_asks_for_a_beat_and_closes_without_a_sign_of_life() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let beat = Beat {
        after: Duration::from_secs(60),
        on: BeatOn::Idle,
        empty_frame: false,
        close_after: Some(Duration::from_secs(20)),
    };
    let config = TcpClientConfig {
        eager: true,
        beats: vec![beat],
        ..config(address, Hold::OneEach { connections: 1 })
    };
    let client = TcpClient::start(&core, config, handler).unwrap();
    let mut socket = accept(&listener).await;
    assert!(matches!(heard.recv().await.unwrap(), LineEvent::Up { line: 0, .. }));
    assert_eq!(until(&clock, heard.recv()).await.unwrap(), LineEvent::BeatDue { line: 0, beat: 0 });
    let (verdict, ()) = tokio::join!(client.exchange_on(0, request(&core, "beat")), async {
        assert_eq!(read_frame(&mut socket).await, "beat");
        write_frame(&mut socket, "alive").await;
    });
    assert_eq!(verdict.reply().unwrap(), "alive");
    assert_eq!(until(&clock, heard.recv()).await.unwrap(), LineEvent::BeatDue { line: 0, beat: 0 });
    let down = until(&clock, heard.recv()).await.unwrap();
    assert!(matches!(down, LineEvent::Down { .. }), "{down:?}");
}

#[tokio::test]
async fn empty_frames_keep_a_line_alive() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let beat =
        Beat { after: Duration::from_secs(30), on: BeatOn::Unsent, empty_frame: true, close_after: None };
    let config = TcpClientConfig {
        eager: true,
        beats: vec![beat],
        ..config(address, Hold::OneEach { connections: 1 })
    };
    let _client = client(&core, config).await;
    let mut socket = accept(&listener).await;
    for _ in 0..3 {
        assert_eq!(until(&clock, read_frame(&mut socket)).await, "");
    }
}

#[tokio::test]
async fn a_line_that_signs_in_takes_others_only_when_opened() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let config = TcpClientConfig { sign_in: true, ..config(address, Hold::OneEach { connections: 1 }) };
    let client = TcpClient::start(&core, config, handler).unwrap();
    let asking = tokio::spawn({
        let (client, request) = (client.clone(), request(&core, "ask"));
        async move { client.exchange(request).await }
    });
    let up = heard.recv().await.unwrap();
    let LineEvent::Up { line: 0, connection } = up else { panic!("{up:?}") };
    assert_eq!(client.connection(0), Some(connection));
    let mut socket = accept(&listener).await;
    let (signed, ()) = tokio::join!(client.exchange_on(0, request(&core, "sign in")), async {
        assert_eq!(read_frame(&mut socket).await, "sign in");
        write_frame(&mut socket, "welcome").await;
    });
    assert_eq!(signed.reply().unwrap(), "welcome");
    // What is said of another connection is not said of this one.
    client.open(0, connection + 1);
    client.close_connection(0, connection + 1, Cause::new(CauseKind::Stopped));
    let (signed, ()) = tokio::join!(client.exchange_on(0, request(&core, "sign in again")), async {
        assert_eq!(read_frame(&mut socket).await, "sign in again");
        write_frame(&mut socket, "welcome").await;
    });
    assert_eq!(signed.reply().unwrap(), "welcome");
    client.open(0, connection);
    assert_eq!(read_frame(&mut socket).await, "ask");
    write_frame(&mut socket, "answer").await;
    assert_eq!(asking.await.unwrap().reply().unwrap(), "answer");
    client.close(0, Cause::new(CauseKind::Stopped));
    assert_eq!(socket.read(&mut [0; 4]).await.unwrap(), 0);
}

/// A beat that waited when its connection ended was once said first on the next, before the sign-in.
#[tokio::test]
async fn what_belongs_to_a_connection_is_said_on_no_other() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, Hold::OneEach { connections: 1 })).await;
    let asks = |text| {
        let (client, request) = (client.clone(), request(&core, text));
        tokio::spawn(async move { client.exchange(request).await })
    };
    // Whoever was heard is called again at once.
    let heard = asks("greet");
    let mut socket = accept(&listener).await;
    assert_eq!(read_frame(&mut socket).await, "greet");
    write_frame(&mut socket, "welcome").await;
    assert_eq!(heard.await.unwrap().reply().unwrap(), "welcome");
    let under_way = asks("ask");
    assert_eq!(read_frame(&mut socket).await, "ask");
    let beat = tokio::spawn({
        let (client, request) = (client.clone(), request(&core, "beat"));
        async move { client.exchange_on(0, request).await }
    });
    let other = asks("another ask");
    tokio::task::yield_now().await;
    drop(socket);
    assert!(matches!(under_way.await.unwrap(), Exchanged::MaybeSent(_)));
    assert!(beat.await.unwrap().not_sent());
    let mut socket = accept(&listener).await;
    assert_eq!(read_frame(&mut socket).await, "another ask");
    write_frame(&mut socket, "answer").await;
    assert_eq!(other.await.unwrap().reply().unwrap(), "answer");
}

#[tokio::test]
async fn before_the_sign_in_no_beat_is_asked_for() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let (handler, mut heard) = events();
    let beat = Beat {
        after: Duration::from_secs(30),
        on: BeatOn::Unheard,
        empty_frame: false,
        close_after: Some(Duration::from_secs(20)),
    };
    let config = TcpClientConfig {
        eager: true,
        sign_in: true,
        beats: vec![beat],
        ..config(address, Hold::OneEach { connections: 1 })
    };
    let _client = TcpClient::start(&core, config, handler).unwrap();
    let _socket = accept(&listener).await;
    assert!(matches!(heard.recv().await.unwrap(), LineEvent::Up { .. }));
    let next = until(&clock, heard.recv()).await.unwrap();
    assert!(matches!(next, LineEvent::Down { .. }), "{next:?}");
}

#[tokio::test]
async fn an_answer_may_come_on_another_line() {
    let (core, clock) = standing();
    let (listener, address) = listen().await;
    let out = client(&core, config(address, Hold::OneEach { connections: 1 })).await;
    let pending: Arc<Pending> = Arc::default();
    let pair = Pair::new(&core, out, Arc::clone(&pending));
    let (verdict, _socket) = tokio::join!(pair.exchange(request(&core, "0042 ask")), async {
        let mut socket = accept(&listener).await;
        assert_eq!(read_frame(&mut socket).await, "0042 ask");
        pending.resolve(b"0042", Bytes::from_static(b"0042 answer")).unwrap();
        socket
    });
    assert_eq!(verdict.reply().unwrap(), "0042 answer");
    let unanswered = until(&clock, pair.exchange(request(&core, "0043 ask"))).await;
    assert!(matches!(unanswered, Exchanged::MaybeSent(_)));
    assert!(pending.resolve(b"0043", Bytes::new()).is_err());
}

#[tokio::test]
async fn a_message_without_answer_is_sent_whole() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    for hold in [Hold::OneEach { connections: 1 }, Hold::None { most: 1 }] {
        let client = client(&core, config(address.clone(), hold)).await;
        assert_eq!(client.send(request(&core, "notice")).await, Sent::Whole);
        assert_eq!(read_frame(&mut accept(&listener).await).await, "notice");
    }
}

#[tokio::test]
async fn a_drained_link_ends_what_is_under_way_and_takes_no_more() {
    let (core, _clock) = standing();
    let (listener, address) = listen().await;
    let client = client(&core, config(address, Hold::OneEach { connections: 1 })).await;
    let asking = tokio::spawn({
        let (client, request) = (client.clone(), request(&core, "ask"));
        async move { client.exchange(request).await }
    });
    let mut socket = accept(&listener).await;
    read_frame(&mut socket).await;
    let ((), ()) = tokio::join!(client.drain(later(&core)), async {
        let refused = client.exchange(request(&core, "more")).await;
        assert_eq!((refused.not_sent(), kind(&refused)), (true, CauseKind::Stopped));
        write_frame(&mut socket, "answer").await;
    });
    assert_eq!(asking.await.unwrap().reply().unwrap(), "answer");
    drop(client);
    assert_eq!(socket.read(&mut [0; 4]).await.unwrap(), 0);
}
