//! The electricity party, asked with plain octets that its adapter never saw.

use crate::help::*;
use conformance::party::Party;
use conformance::world::{Fault, FaultPlan, FaultRule};
use link::Core;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

pub(crate) const CONFIG: &str = r#"
settings: { bank_code: "0402", area: "31900", mac_algorithm: x9_19, connections: held }
keys: { mmk: { hex: "11223344556677888877665544332211" } }
links: { line: "127.0.0.1:0" }
sessions: { "": { mak: "0123456789ABCDEFFEDCBA9876543210" } }
"#;

async fn power(core: &Core) -> Party {
    party(core, "power-dongguan", CONFIG).await
}

/// The code of an answer.
fn ret(frame: &[u8]) -> String {
    shown(frame.get(101..105).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_client_gets_the_published_answers() {
    let (core, clock) = standing();
    let party = power(&core).await;
    let mut socket = connect(party.address("line").unwrap()).await;
    let first = ask(&mut socket, &vector("power_query_1001")).await;
    assert_eq!(ret(&first), "0000", "{} {}", shown(&first), party.last_failure());
    let second = ask(&mut socket, &vector("power_query_1001")).await;
    // The published answer splits a bill otherwise and words the result otherwise; all else is the same.
    let published = vector("power_query_1002");
    assert_eq!(second.len(), published.len());
    assert_eq!(shown(&second[..105]), shown(&published[..105]));
    assert_eq!(second[145..387], published[145..387], "customer, name, address, class, total");
    clock.advance(Duration::from_secs(1));
    let paid = ask(&mut socket, &vector("power_pay_1003")).await;
    assert_eq!(ret(&paid), "0000", "{}", party.last_failure());
    let again = ask(&mut socket, &vector("power_pay_1003")).await;
    assert_eq!(ret(&again), "1010", "a repeat gets the first answer under its own code");
    let found = ask(&mut socket, &vector("power_enquire_1007")).await;
    assert_eq!(ret(&found), "0000", "{}", party.last_failure());
    assert_eq!(shown(&found[154..156]), "00", "the payment is known as done");
    let nothing = ask(&mut socket, &vector("power_query_1001")).await;
    assert_eq!(ret(&nothing), "1002");
    let reversed = ask(&mut socket, &vector("power_reverse_1005")).await;
    assert_eq!(ret(&reversed), "0000", "{}", party.last_failure());
    let once_more = ask(&mut socket, &vector("power_reverse_1005")).await;
    assert_eq!(ret(&once_more), "2002");
    assert!(party.broken_rules().unwrap().is_empty());
    assert_eq!(party.last_failure(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_seals_unknown_customers_and_garbage_are_answered_as_the_party_does() {
    let (core, _clock) = standing();
    let party = power(&core).await;
    let address = party.address("line").unwrap().to_owned();
    let mut socket = connect(&address).await;
    let mut wrong = vector("power_query_1001");
    let last = wrong.len() - 1;
    wrong[last] = b'9';
    let refused = ask(&mut socket, &wrong).await;
    assert_eq!((ret(&refused).as_str(), refused.len()), ("9001", 170), "{}", shown(&refused));
    let mut never_signed_in = connect(&address).await;
    party.end_sessions(false);
    assert_eq!(ret(&ask(&mut never_signed_in, &vector("power_query_1001")).await), "9005");
    party.end_sessions(true);
    assert_eq!(ret(&ask(&mut never_signed_in, &vector("power_query_1001")).await), "9003");
    let signed_in = ask(&mut socket, &vector("power_signin_0001")).await;
    assert_eq!(ret(&signed_in), "0000", "{}", party.last_failure());
    assert_eq!(ret(&ask(&mut socket, &vector("power_query_1001")).await), "9001", "new keys hold");
    let garbage = ask(&mut socket, b"0010abcdefghij").await;
    assert!(garbage.is_empty(), "what is no message ends the connection: {}", shown(&garbage));
    let mut fresh = connect(&address).await;
    assert_eq!(ret(&ask(&mut fresh, &vector("power_signin_0001")).await), "0000");
    assert_eq!(party.last_failure(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_happen_on_demand() {
    let (core, _clock) = standing();
    let party = power(&core).await;
    let rule = |fault, turn| FaultRule { call: None, holding: None, fault, of_10000: 0, at: vec![turn] };
    let faults = vec![rule(Fault::WrongSeal, 1), rule(Fault::DuplicateReply, 2), rule(Fault::Close, 3)];
    party.set_faults(FaultPlan::new(1, faults));
    let mut socket = connect(party.address("line").unwrap()).await;
    let request = vector("power_query_1001");
    let spoiled = ask(&mut socket, &request).await;
    assert_eq!(ret(&spoiled), "0000", "{}", party.last_failure());
    let twice = ask(&mut socket, &request).await;
    assert_eq!(twice, hear(&mut socket).await);
    assert_eq!(twice[..57], spoiled[..57]);
    assert!(ask(&mut socket, &request).await.is_empty());
    assert_eq!(party.counts().faults.load(std::sync::atomic::Ordering::Relaxed), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_reply_holds_up_nothing_and_comes_to_whoever_still_listens() {
    let (core, clock) = standing();
    let party = power(&core).await;
    let late = FaultRule { call: None, holding: None, fault: Fault::Delay(10_000), of_10000: 0, at: vec![1] };
    party.set_faults(FaultPlan::new(1, vec![late]));
    let mut socket = connect(party.address("line").unwrap()).await;
    socket.write_all(&vector("power_query_1001")).await.unwrap();
    let other = ask(&mut socket, &vector("power_enquire_1007")).await;
    assert_eq!(shown(&other[6..10]), "1008", "{}", party.last_failure());
    // It asks nothing more.
    socket.shutdown().await.unwrap();
    clock.advance(Duration::from_secs(10));
    let found = hear(&mut socket).await;
    assert_eq!((shown(&found[6..10]).as_str(), ret(&found).as_str()), ("1002", "0000"));
    assert_eq!(party.counts().faults.load(std::sync::atomic::Ordering::Relaxed), 1);
}
