//! Flows that wait: for answers to queries, for two persons of the bank, past a deadline.

use crate::support::Bank;
use engine::facts::Body;
use engine::waiting::{Decided, Decision, NotDecided, Person, Said, WaitingFor, Why};
use serde_json::{Value, json};
use std::time::Duration;
use store::{Change, CrashPoint, FlowId, Lane, Verdict};

pub(crate) fn person(name: &str, roles: &[&str]) -> Person {
    Person { name: name.to_owned(), roles: roles.iter().map(|role| (*role).to_owned()).collect() }
}

pub(crate) fn said(decision: Decision, reason: &str) -> Said {
    Said { decision, reason: reason.to_owned(), proof: String::new(), file: None }
}

async fn order(bank: &Bank, service: &str, payer: &str, reference: &str) -> Value {
    let body = json!({
        "payer_no": payer, "account": "6230580000001234567", "amount": "12.00", "reference": reference,
    });
    bank.ask(service, &body).await.1
}

/// Asks, and gives what waits then; nobody stays for the answer.
async fn begun(bank: &Bank, service: &str, payer: &str, reference: &str) -> WaitingFor {
    tokio::select! {
        found = waits(bank, 1) => found.into_iter().next().unwrap(),
        told = order(bank, service, payer, reference) => panic!("answered before people have decided: {told}"),
    }
}

/// What waits, as soon as it is so many.
pub(crate) async fn waits(bank: &Bank, count: usize) -> Vec<WaitingFor> {
    let mut found = Vec::new();
    for _ in 0..400 {
        found = bank.gateway().engine().waiting(FlowId(0), 100).await;
        if found.len() == count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(found.len(), count, "{found:?}");
    found
}

async fn decide(bank: &Bank, waits: &WaitingFor, said: &Said, by: &Person) -> Result<Decided, NotDecided> {
    bank.gateway().engine().decide(waits.flow, &waits.place, said, by).await
}

/// Two persons of one mind.
pub(crate) async fn both(bank: &Bank, waits: &WaitingFor, said: &Said) {
    let (maker, checker) = (person("maker", &["operator"]), person("checker", &["checker", "legal"]));
    assert_eq!(decide(bank, waits, said, &maker).await, Ok(Decided::Proposed));
    assert_eq!(decide(bank, waits, said, &checker).await, Ok(Decided::Done));
}

/// What a channel is told in the end.
async fn end(bank: &Bank, service: &str, reference: &str) -> Value {
    let mut told = Value::Null;
    for _ in 0..400 {
        told = bank.http("GET", &format!("/v1/{service}/{reference}"), &Value::Null, "secret").await.1;
        if told["outcome"] != "pending" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_persons_decide_and_nobody_alone() {
    let bank = Bank::open().await;
    let found = begun(&bank, "bank.order", "0319000000001", "D1").await;
    assert_eq!(
        (found.what.as_str(), &found.why),
        ("核对文书 0319000000001", &Why::Hold { role: "legal".to_owned() })
    );
    assert_eq!(bank.books(), (0, 0));
    let go = said(Decision::Go, "");
    let all = person("one", &["operator", "checker", "legal"]);
    let without = person("two", &["operator", "checker"]);
    assert_eq!(decide(&bank, &found, &go, &all).await, Ok(Decided::Proposed));
    assert_eq!(decide(&bank, &found, &go, &all).await, Err(NotDecided::SamePerson("one".to_owned())));
    assert_eq!(decide(&bank, &found, &go, &without).await, Err(NotDecided::Role("legal".to_owned())));
    let second = person("three", &["checker", "legal"]);
    let other = decide(&bank, &found, &said(Decision::Refuse, "other"), &second).await;
    assert_eq!(other, Err(NotDecided::Other("one".to_owned(), "go")));
    assert_eq!(decide(&bank, &found, &go, &second).await, Ok(Decided::Done));
    let told = end(&bank, "bank.order", "D1").await;
    assert_eq!((&told["outcome"], &told["answer"]["booked"]), (&json!("done"), &json!("12.00")), "{told}");
    assert_eq!(bank.books(), (1_200, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_goes_on_when_a_named_decision_is_against_it() {
    let bank = Bank::open().await;
    let found = begun(&bank, "bank.order", "0319000000001", "D2").await;
    both(&bank, &found, &said(Decision::Refuse, "over_limit")).await;
    let told = end(&bank, "bank.order", "D2").await;
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(told["answer"], json!({ "known": true, "booked": "0.00", "why": "超过限额" }), "{told}");
    assert_eq!(bank.books(), (0, 0));
    waits(&bank, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_survives_a_crash() {
    let mut bank = Bank::open().await;
    let found = begun(&bank, "bank.order", "0319000000001", "D3").await;
    let maker = person("maker", &["operator"]);
    assert_eq!(decide(&bank, &found, &said(Decision::Go, ""), &maker).await, Ok(Decided::Proposed));
    bank.gateway = None;
    bank.start().await;
    let again = waits(&bank, 1).await.remove(0);
    let proposed = again.proposed.clone().unwrap();
    assert_eq!((proposed.by.as_str(), proposed.said.decision), ("maker", Decision::Go));
    let checker = person("checker", &["checker", "legal"]);
    assert_eq!(decide(&bank, &again, &said(Decision::Go, ""), &checker).await, Ok(Decided::Done));
    assert_eq!(end(&bank, "bank.order", "D3").await["answer"]["booked"], "12.00");
    bank.gateway = None;
    bank.start().await;
    assert_eq!(end(&bank, "bank.order", "D3").await["answer"]["booked"], "12.00");
    assert_eq!(bank.books(), (1_200, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_is_asked_again_until_it_is_answered() {
    let bank = Bank::open().await;
    let found = begun(&bank, "bank.order", "slow", "Q1").await;
    assert_eq!(bank.grid.ledger.lock().unwrap().times("1001"), 3);
    both(&bank, &found, &said(Decision::Go, "")).await;
    assert_eq!(end(&bank, "bank.order", "Q1").await["answer"]["known"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_goes_on_where_a_query_is_refused_and_knows_it() {
    let bank = Bank::open().await;
    let found = begun(&bank, "bank.order", "unknown", "Q2").await;
    both(&bank, &found, &said(Decision::Go, "")).await;
    let told = end(&bank, "bank.order", "Q2").await;
    assert_eq!(
        told["answer"],
        json!({ "known": false, "booked": "12.00", "why": "缴费户号不存在" }),
        "{told}"
    );
}

/// Silence is no answer: what a party did not say is never taken for what it has not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_is_never_answered_is_asked_so_often_and_refuses_the_flow() {
    let bank = Bank::open().await;
    order(&bank, "bank.order", "never", "Q3").await;
    let told = end(&bank, "bank.order", "Q3").await;
    assert_eq!(told["outcome"], "refused", "{told}");
    assert_eq!(bank.grid.ledger.lock().unwrap().times("1001"), 4);
    assert_eq!(bank.books(), (0, 0));
    waits(&bank, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_is_refused_stops_for_people_in_the_flows_words() {
    let bank = Bank::open().await;
    let told = order(&bank, "bank.certain", "unknown", "P1").await;
    assert_eq!(told["outcome"], "pending", "{told}");
    let found = waits(&bank, 1).await.remove(0);
    assert_eq!((found.what.as_str(), &found.why), ("户号 unknown 查不到", &Why::Park));
    both(&bank, &found, &said(Decision::Go, "")).await;
    assert_eq!(end(&bank, "bank.certain", "P1").await["outcome"], "done");
    assert_eq!(bank.books(), (1_200, 0));
    let told = order(&bank, "bank.certain", "unknown", "P2").await;
    assert_eq!(told["outcome"], "pending", "{told}");
    let found = waits(&bank, 1).await.remove(0);
    both(&bank, &found, &said(Decision::Refuse, "no_such_payer")).await;
    let told = end(&bank, "bank.certain", "P2").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("other")), "{told}");
    assert_eq!(bank.books(), (1_200, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_is_asked_by_how_the_one_right_before_it_ended() {
    let bank = Bank::open().await;
    assert_eq!(order(&bank, "bank.by_account", "0319000000001", "B1").await["outcome"], "done");
    assert_eq!(bank.books(), (1_200, 0));
    assert_eq!(order(&bank, "bank.by_account", "unknown", "B2").await["outcome"], "done");
    assert_eq!(bank.books(), (1_300, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passes_is_shown_and_ends_nothing() {
    let bank = Bank::open().await;
    begun(&bank, "bank.order", "0319000000001", "L1").await;
    let found = waits(&bank, 2).await;
    assert_eq!((found[1].what.as_str(), &found[1].why), ("协助控制逾期", &Why::Late));
    let checker = person("checker", &["operator", "checker", "legal"]);
    let late = decide(&bank, &found[1], &said(Decision::Go, ""), &checker).await;
    assert_eq!(late, Err(NotDecided::NotThis("go")));
    both(&bank, &found[0], &said(Decision::Go, "")).await;
    assert_eq!(end(&bank, "bank.order", "L1").await["answer"]["booked"], "12.00");
    waits(&bank, 0).await;
}

/// Waits until no flow is in memory.
async fn rests(bank: &Bank) {
    for _ in 0..400 {
        if bank.gateway().engine().flows.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("a flow that waits for people stays in memory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_people_leaves_the_memory_and_is_brought_back_by_their_decision() {
    let mut bank = Bank::open().await;
    for (reference, restarts) in [("D7", false), ("D8", true)] {
        begun(&bank, "bank.order", "0319000000001", reference).await;
        rests(&bank).await;
        if restarts {
            bank.gateway = None;
            bank.start().await;
            assert!(bank.gateway().engine().flows.is_empty(), "a start leaves it where it is");
        }
        assert_eq!(order(&bank, "bank.order", "0319000000001", reference).await["outcome"], "pending");
        // Its deadline, which kept it in memory, is over and shown beside.
        let found = waits(&bank, 2).await.into_iter().find(|waits| matches!(waits.why, Why::Hold { .. }));
        let found = found.unwrap();
        let before = bank.books().0;
        both(&bank, &found, &said(Decision::Go, "")).await;
        assert_eq!(end(&bank, "bank.order", reference).await["outcome"], "done");
        assert_eq!(bank.books().0, before + 1_200, "it is booked once");
        waits(&bank, 0).await;
    }
}

/// Writes lines into a flow's history.
async fn lines(bank: &Bank, flow: FlowId, kind: &str, body: &Body, count: usize) {
    let line = Change::Event { flow, kind: kind.to_owned(), body: body.encode() };
    let engine = bank.gateway().engine();
    let day = engine::calendar::day(engine.now().date());
    let written = engine.journal.write(Lane::Outcome, day, vec![line; count]).await;
    assert!(matches!(written, Ok(Verdict::Ok(_))));
}

/// How often something stands in a flow's history.
async fn noted(bank: &Bank, flow: FlowId, kind: &'static str) -> usize {
    let events = bank.gateway().engine().journal.read(move |reader| reader.events(flow, 0, 5_000));
    events.await.unwrap().iter().filter(|event| event.kind == kind).count()
}

/// The hold that waits, with its proposal.
async fn held(bank: &Bank) -> Option<WaitingFor> {
    let found = bank.gateway().engine().waiting(FlowId(0), 100).await;
    found.into_iter().find(|waits| matches!(waits.why, Why::Hold { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_is_agreed_to_by_its_number_and_is_about_what_stood_there_then() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let found = begun(&bank, "bank.order", "0319000000001", "N1").await;
    let (flow, place, go) = (found.flow, &found.place, said(Decision::Go, ""));
    let (maker, second) = (person("maker", &["operator"]), person("second", &["operator"]));
    let checker = person("checker", &["checker", "legal"]);
    engine.propose(flow, place, &go, &maker).await.unwrap();
    let first = held(&bank).await.unwrap().proposed.unwrap();
    assert!(first.by == "maker" && first.at.0 > 0, "{first:?}");
    for named in [None, Some(first.number + 1)] {
        let other = engine.agree(flow, place, &go, named, &checker).await;
        assert_eq!(other, Err(NotDecided::OtherProposal("maker".to_owned(), first.number)));
    }
    // What the checker has looked at was taken back, and something else is proposed there.
    engine.dismiss(flow, place, "", &maker).await.unwrap();
    engine.propose(flow, place, &go, &second).await.unwrap();
    let later = held(&bank).await.unwrap().proposed.unwrap().number;
    let other = engine.agree(flow, place, &go, Some(first.number), &checker).await;
    assert_eq!(other, Err(NotDecided::OtherProposal("second".to_owned(), later)));
    engine.dismiss(flow, place, "", &second).await.unwrap();
    // A proposal for this place from when it stood otherwise.
    let mut body = Body::default();
    for (name, text) in
        [("place", &**place), ("decision", "go"), ("by", "maker"), ("about", "something else")]
    {
        body.put(name, text.as_bytes().to_vec());
    }
    lines(&bank, flow, "proposed", &body, 1).await;
    assert_eq!(held(&bank).await.unwrap().proposed, None);
    let none = engine.agree(flow, place, &go, Some(later), &checker).await;
    assert_eq!(none, Err(NotDecided::NotProposed(place.clone())));
    both(&bank, &found, &go).await;
    assert_eq!(end(&bank, "bank.order", "N1").await["answer"]["booked"], "12.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_is_found_behind_a_long_history() {
    let bank = Bank::open().await;
    let found = begun(&bank, "bank.order", "0319000000001", "N2").await;
    for _ in 0..3 {
        lines(&bank, found.flow, "document read", &Body::default(), 2_000).await;
    }
    both(&bank, &found, &said(Decision::Go, "")).await;
    assert_eq!(end(&bank, "bank.order", "N2").await["answer"]["booked"], "12.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_has_a_bound() {
    let bank = Bank::open().await;
    let found = begun(&bank, "bank.order", "0319000000001", "N3").await;
    let (maker, long) = (person("maker", &["operator"]), "长".repeat(401));
    let go = said(Decision::Go, "");
    let reason = decide(&bank, &found, &said(Decision::Go, &long), &maker).await;
    assert_eq!(reason, Err(NotDecided::TooLong("reason", 400)));
    let proof = decide(&bank, &found, &Said { proof: long.clone(), ..go.clone() }, &maker).await;
    assert_eq!(proof, Err(NotDecided::TooLong("proof", 400)));
    let kept = said(Decision::Go, &"长".repeat(400));
    assert_eq!(decide(&bank, &found, &kept, &maker).await, Ok(Decided::Proposed));
    let dismissed = bank.gateway().engine().dismiss(found.flow, &found.place, &long, &maker).await;
    assert_eq!(dismissed, Err(NotDecided::TooLong("reason", 400)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_agree_at_once_one_hears_that_it_is_done() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let found = begun(&bank, "bank.order", "0319000000001", "N4").await;
    let (flow, place, go) = (found.flow, &found.place, said(Decision::Go, ""));
    engine.propose(flow, place, &go, &person("maker", &["operator"])).await.unwrap();
    let number = held(&bank).await.unwrap().proposed.map(|proposed| proposed.number);
    let one = person("one", &["checker", "legal"]);
    let two = person("two", &["checker", "legal"]);
    let (first, second) = tokio::join!(
        engine.agree(flow, place, &go, number, &one),
        engine.agree(flow, place, &go, number, &two)
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!(end(&bank, "bank.order", "N4").await["answer"]["booked"], "12.00");
    assert_eq!(noted(&bank, flow, "decided").await, 1);
    assert_eq!(bank.books(), (1_200, 0));
}

/// Whichever write a stop falls before or behind: what is noted as decided the flow has taken, and otherwise the proposal stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_were_told_is_done_is_done_over_a_crash() {
    use CrashPoint::{After, Before};
    // The first may be that of a block of numbers.
    for (commits, point) in [(0, Before), (0, After), (1, Before), (1, After)] {
        let mut bank = Bank::open().await;
        let found = begun(&bank, "bank.order", "0319000000001", "N5").await;
        let (flow, go) = (found.flow, said(Decision::Go, ""));
        let (maker, checker) = (person("maker", &["operator"]), person("checker", &["checker", "legal"]));
        assert_eq!(decide(&bank, &found, &go, &maker).await, Ok(Decided::Proposed));
        bank.disk.crash_after(commits, point);
        let told = tokio::select! {
            told = decide(&bank, &found, &go, &checker) => told,
            () = bank.gateway().failed() => Err(NotDecided::NotNow),
        };
        bank.gateway = None;
        bank.disk.no_crash();
        bank.start().await;
        let place = format!("crash {point:?} at commit {commits}: {told:?}");
        let decided = noted(&bank, flow, "decided").await;
        assert!(told.is_err() || decided == 1, "{place}");
        let waits = held(&bank).await;
        assert_eq!(waits.is_some(), decided == 0, "{place}");
        if let Some(waits) = waits {
            assert!(waits.proposed.is_some(), "{place}");
            assert_eq!(decide(&bank, &waits, &go, &checker).await, Ok(Decided::Done), "{place}");
        }
        // Where the stop fell between intent and bytes, the core never had it.
        let ended = end(&bank, "bank.order", "N5").await;
        let books = if ended["outcome"] == "done" { (1_200, 0) } else { (0, 0) };
        assert_ne!(ended["outcome"], "pending", "{place}");
        assert_eq!((bank.books(), noted(&bank, flow, "decided").await), (books, 1), "{place}");
    }
}
