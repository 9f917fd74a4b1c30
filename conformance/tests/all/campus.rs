//! The card system begins: its messages reach us in its own form, sealed under the session's key.

use crate::help::*;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_at_a_machine_is_asked_for() {
    let (core, _clock) = standing();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = format!(
        r#"
settings: {{ bank_code: "0402" }}
members:
  SZ000001: {{ settings: {{ suspense: "9990000000000000002", mac: x9_19 }}, keys: {{ tmk: {{ hex: "11223344556677888877665544332211" }} }} }}
links: {{ line: "{}" }}
sessions: {{ SZ000001: {{ mak: "0123456789ABCDEFFEDCBA9876543210", pik: "00112233445566778899AABBCCDDEEFF" }} }}
"#,
        listener.local_addr().unwrap()
    );
    let choice = [("terminal".to_owned(), "form_t".to_owned())].into();
    let party = party_of(&core, "campus-card", &config, &choice).await;
    assert_eq!(party.act("want_load").await.unwrap(), (0, 0));
    let bank = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut length = [0; 4];
        socket.read_exact(&mut length).await.unwrap();
        let mut frame = vec![0; std::str::from_utf8(&length).unwrap().parse().unwrap()];
        socket.read_exact(&mut frame).await.unwrap();
        socket.write_all(b"0004what").await.unwrap();
        frame
    });
    assert_eq!(party.act("terminal_load").await.unwrap(), (1, 0), "{}", party.last_failure());
    let frame = shown(&bank.await.unwrap());
    assert!(frame.starts_with("104001SZ0000010402"), "{frame}");
    assert_eq!(&frame[30..36], "202611", "{frame}");
    assert!(frame[frame.len() - 8..].chars().all(|figure| figure.is_ascii_hexdigit()), "{frame}");
    assert_eq!(party.counts().begun.load(Ordering::Relaxed), 1);
    assert_eq!(party.last_failure(), "");
}
