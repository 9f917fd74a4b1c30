//! What comes by the clock: the end of a party's day, and what parties are owed.

use crate::deciding::{person, said, waits};
use crate::parties::Does;
use crate::support::Bank;
use crate::taking_back::Full;
use adapters::value::{Record, encode_record};
use dsl::evaluate::Value;
use engine::facts::Body;
use engine::waiting::{Decided, Decision, LastTry, NotDecided, Said, WaitingFor, Why};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Change, Day, End, FlowId, Lane, MemoryStore, Moment, Notice, OperationState, Outcome};

async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// What is asked of a party until its day ends does not end with the day of another, nor before its own is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_day_is_that_of_its_party() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let version = engine.current.load_full();
    let copies = || bank.grid.ledger.lock().unwrap().times("1011");
    let parked = async || {
        let stuck = engine.journal.read(|reader| reader.stuck(0, 10)).await.unwrap();
        stuck.iter().any(|row| row.call == "grid.remind" && row.state == OperationState::Parked)
    };
    let ends = |party: &str| engine.cut_over(&version, version.module_named(party).unwrap());
    let days = async {
        for (party, more) in [("host", 2), ("grid", 4)] {
            while copies() < more {
                ends(party);
                a_moment().await;
                assert!(!parked().await, "{party}");
            }
        }
    };
    let body = json!({ "payer_no": "0319000000001", "reference": "D1" });
    tokio::select! {
        (_, told) = bank.ask("bank.remind", &body) => panic!("{told}"),
        () = days => {}
    }
}

/// Pays a bill, and gives its flow and a notice of it that has been tried so often and is due.
async fn owed(bank: &Bank, (party, call): (&str, &str), body: Body, tries: u32) -> Notice {
    let (_, told) = bank.pay("G1", "1.00").await;
    let flow = FlowId(told["flow"].as_str().and_then(|flow| flow.parse().ok()).expect("a flow"));
    Notice {
        flow,
        name: "told".to_owned(),
        party: party.to_owned(),
        call: call.to_owned(),
        body: body.encode(),
        tries,
        outcome: Outcome::Due,
        due: Moment(0),
    }
}

/// How many notices are due by so many milliseconds from now.
async fn due(bank: &Bank, milliseconds: i64) -> usize {
    let journal = &bank.gateway().engine().journal;
    let by = Moment(journal.now().0 + milliseconds);
    journal.read(move |reader| reader.notices_due_beside(by, &[], 10)).await.unwrap().len()
}

/// A notice of which nobody knows for a day whether it was taken is sent once a day, and its flow not forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_nobody_takes_is_tried_daily_and_holds_its_day_back() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let notice = owed(&bank, ("grid", "grid.get_ticket"), Body::default(), 23).await;
    let flow = notice.flow;
    let held = |today: Day| engine.journal.read(move |reader| reader.held_back(today.next()));
    for tries in 0.. {
        match held(engine.today()).await.unwrap() {
            None => break,
            open => assert!(tries < 200, "{open:?} is open"),
        }
        a_moment().await;
    }
    bank.grid.ledger.lock().unwrap().silent = true;
    engine.journal.write(Lane::Outcome, engine.today(), vec![Change::PutNotice(notice)]).await.unwrap();
    while due(&bank, 23 * 3_600_000).await > 0 {
        a_moment().await;
    }
    assert_eq!(due(&bank, 25 * 3_600_000).await, 1, "it is owed still");
    assert_eq!(held(engine.today()).await.unwrap(), Some(flow));
}

/// After a month of that it is given up as well, and tells what became of the last try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_nobody_answers_for_a_month_waits_for_people() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let notice = owed(&bank, ("grid", "grid.get_ticket"), Body::default(), 52).await;
    let flow = notice.flow;
    bank.grid.ledger.lock().unwrap().silent = true;
    let put = async |tries: u32| {
        let notice = Change::PutNotice(Notice { tries, ..notice.clone() });
        engine.journal.write(Lane::Outcome, engine.today(), vec![notice]).await.unwrap();
        while due(&bank, 0).await > 0 {
            a_moment().await;
        }
    };
    put(52).await;
    assert_eq!(due(&bank, 25 * 3_600_000).await, 1, "it is owed still");
    waits(&bank, 0).await;
    put(53).await;
    assert_eq!(due(&bank, 25 * 3_600_000).await, 0, "it is tried no more");
    let waiting = waits(&bank, 1).await;
    assert_eq!(waiting[0].what, "not taken in 54 tries, at last not answered: no_answer");
    let notices = engine.journal.read(move |reader| reader.notices(flow)).await.unwrap();
    let last = LastTry::of(&Body::decode(&notices[0].body).unwrap()).unwrap();
    assert!(last.request.is_some() && last.reply.is_none() && !last.text.is_empty(), "{last:?}");
}

/// A notice to the core and one for which there is no call, both refused for a day.
async fn given_up(bank: &Bank) -> Vec<WaitingFor> {
    let engine = bank.gateway().engine();
    let version = engine.current.load_full();
    let call = version.call_named("host.debit").unwrap();
    let shape = version.call(call).unwrap().call.ask.unwrap();
    let mut ask = Record::new(2);
    ask.set(0, &Value::text("6230580000001234567")).unwrap();
    ask.set(1, &Value::Decimal(dsl::value::Decimal::new(100, 2))).unwrap();
    let mut body = Body::default();
    body.put("ask", encode_record(&ask, &version.compiled.shapes, shape, version.symbols()).unwrap());
    let refused = owed(bank, ("host", "host.debit"), body, 22).await;
    let gone = Notice {
        name: "told in vain".to_owned(),
        party: "grid".to_owned(),
        call: "grid.nothing_of_this_name".to_owned(),
        ..refused.clone()
    };
    bank.core.ledger.lock().unwrap().plan.extend([Does::Refuses("1001"); 2]);
    let put = async |tries: u32| {
        let notices = [&refused, &gone].map(|notice| Change::PutNotice(Notice { tries, ..notice.clone() }));
        engine.journal.write(Lane::Outcome, engine.today(), notices.into()).await.unwrap();
        while due(bank, 0).await > 0 {
            a_moment().await;
        }
    };
    put(22).await;
    assert_eq!(due(bank, 25 * 3_600_000).await, 2, "they are tried again");
    waits(bank, 0).await;
    put(23).await;
    assert_eq!(due(bank, 25 * 3_600_000).await, 0, "they are tried no more");
    assert!(bank.core.ledger.lock().unwrap().plan.is_empty(), "each try was refused");
    waits(bank, 2).await
}

/// A notice that is refused is tried again for a day, and then waits for people: of a flow that has ended too, and it keeps the
/// flow's day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_is_refused_for_a_day_waits_for_people() {
    let mut bank = Bank::open().await;
    let found = given_up(&bank).await;
    let seen: Vec<_> =
        found.iter().map(|waits| (&*waits.place, waits.what.as_str(), waits.why.clone())).collect();
    let notice = |party: &str, call: &str| Why::Notice { party: party.into(), call: call.into(), tries: 24 };
    let refused = |reason: &str| format!("not taken in 24 tries, at last refused: {reason}");
    let expected = [
        ("told", &*refused("insufficient_funds"), notice("host", "host.debit")),
        ("told in vain", &*refused("no_route"), notice("grid", "grid.nothing_of_this_name")),
    ];
    assert_eq!(seen, expected);
    let flow = found[0].flow;
    let engine = bank.gateway().engine();
    let read = engine
        .journal
        .read(move |reader| Ok((reader.flow(flow)?, reader.notices(flow)?, reader.events(flow, 0, 100)?)));
    let (row, notices, events) = read.await.unwrap();
    assert_eq!(row.unwrap().end, Some(End::Done), "the flow has ended without it");
    // What left last, and what came back.
    let last = LastTry::of(&Body::decode(&notices[0].body).unwrap()).unwrap();
    let shown = |octets: &Option<Vec<u8>>| String::from_utf8_lossy(octets.as_ref().unwrap()).into_owned();
    assert!(shown(&last.request).contains("6230580000001234567"), "{last:?}");
    assert!(shown(&last.reply).contains("1001"), "{last:?}");
    assert_eq!(events.iter().filter(|line| line.kind == "given_up").count(), 2);
    let day = engine.today().next();
    let held = engine.journal.read(move |reader| reader.held_back(day)).await.unwrap();
    assert_eq!(held, Some(flow));
    bank.gateway = None;
    bank.start().await;
    assert_eq!(waits(&bank, 2).await, found, "it waits over a restart");
}

/// Two persons have it sent again, its tries counted anew, or end it with a proof; whoever agrees as well decides nothing more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_persons_decide_about_a_notice_that_was_given_up() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let flow = given_up(&bank).await[0].flow;
    let (again, dropped) = (said(Decision::Again, ""), said(Decision::Dropped, "gone"));
    let proven = Said { proof: "letter 2026-117".to_owned(), ..dropped.clone() };
    let maker = person("maker", &["operator", "checker"]);
    let decide = async |place: &str, said: &Said| engine.decide(flow, place, said, &maker).await;
    assert_eq!(decide("told in vain", &dropped).await, Err(NotDecided::NoProof));
    assert_eq!(decide("told", &said(Decision::Go, "")).await, Err(NotDecided::NotThis("go")));
    let both = [("told", &again), ("told in vain", &proven)];
    for (place, said) in both {
        assert_eq!(decide(place, said).await, Ok(Decided::Proposed));
        assert_eq!(decide(place, said).await, Err(NotDecided::SamePerson("maker".to_owned())));
    }
    let before = bank.core.ledger.lock().unwrap().times("1001");
    let proposals: Vec<u64> =
        waits(&bank, 2).await.iter().map(|waits| waits.proposed.as_ref().unwrap().number).collect();
    for ((place, said), proposal) in both.into_iter().zip(proposals) {
        let checkers = ["second", "third"].map(|name| person(name, &["checker"]));
        let [one, two] = checkers.each_ref().map(|by| engine.agree(flow, place, said, Some(proposal), by));
        let (one, two) = tokio::join!(one, two);
        assert!(one.is_ok() != two.is_ok(), "{place}: {one:?}, {two:?}");
    }
    waits(&bank, 0).await;
    let stand = async || {
        let notices = engine.journal.read(move |reader| reader.notices(flow)).await.unwrap();
        notices.iter().map(|notice| (notice.outcome, notice.tries)).collect::<Vec<_>>()
    };
    while stand().await[0].0 == Outcome::Due {
        a_moment().await;
    }
    assert_eq!(stand().await, [(Outcome::Sent, 1), (Outcome::Ended, 24)]);
    assert_eq!(bank.core.ledger.lock().unwrap().times("1001") - before, 1, "it was sent once more");
    let lines = engine.journal.read(move |reader| reader.events(flow, 0, 100)).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.kind == "decided").count(), 2);
    let day = engine.today().next();
    assert_eq!(engine.journal.read(move |reader| reader.held_back(day)).await.unwrap(), None);
}

/// The journal has no room for what became of it: till there is, nobody sends it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_was_taken_is_not_sent_again_while_the_journal_is_full() {
    let mut bank = Bank::closed().await;
    let full = Arc::new(AtomicBool::new(false));
    let sent = |change: &Change| matches!(change, Change::PutNotice(notice) if notice.tries > 0);
    let store = Full(MemoryStore::open(&bank.disk), Arc::clone(&full), sent);
    bank.start_over("", Box::new(store)).await;
    let engine = bank.gateway().engine();
    let notice = owed(&bank, ("grid", "grid.get_ticket"), Body::default(), 0).await;
    let times = || bank.grid.ledger.lock().unwrap().times("0011");
    let before = times();
    full.store(true, Ordering::SeqCst);
    engine.journal.write(Lane::Outcome, engine.today(), vec![Change::PutNotice(notice)]).await.unwrap();
    while times() == before {
        a_moment().await;
    }
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    full.store(false, Ordering::SeqCst);
    while due(&bank, 25 * 3_600_000).await > 0 {
        a_moment().await;
    }
    assert_eq!(times() - before, 1);
}

/// Three notices are owed to a core that says nothing, and behind them two to a power company that answers: these wait for none
/// of those, and go in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_that_does_not_answer_keeps_no_other_from_what_it_is_owed() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let version = engine.current.load_full();
    let (_, told) = bank.pay("O1", "1.00").await;
    let flow = FlowId(told["flow"].as_str().and_then(|flow| flow.parse().ok()).expect("a flow"));
    bank.core.ledger.lock().unwrap().plan.extend([Does::Drops; 3]);
    let notice = |place: i64, call: &str, values: &[Value<'_>]| {
        let shape = version.call(version.call_named(call).unwrap()).unwrap().call.ask;
        let mut body = Body::default();
        if let Some(shape) = shape {
            let mut ask = Record::new(u16::try_from(values.len()).unwrap());
            values.iter().enumerate().for_each(|(slot, value)| ask.set(slot, value).unwrap());
            body.put("ask", encode_record(&ask, &version.compiled.shapes, shape, version.symbols()).unwrap());
        }
        Change::PutNotice(Notice {
            flow,
            name: format!("told {place}"),
            party: call.split('.').next().unwrap().to_owned(),
            call: call.to_owned(),
            body: body.encode(),
            tries: 0,
            outcome: Outcome::Due,
            due: Moment(place),
        })
    };
    let amount = Value::Decimal(dsl::value::Decimal::new(100, 2));
    let debit = [Value::text("6230580000001234567"), amount];
    let mut owed: Vec<_> = (1..=3).map(|place| notice(place, "host.debit", &debit)).collect();
    owed.push(notice(4, "grid.get_ticket", &[]));
    owed.push(notice(5, "grid.query_bill", &[Value::text("grid"), Value::text("0319000000001")]));
    let (before, debits) =
        (bank.grid.ledger.lock().unwrap().heard.len(), bank.core.ledger.lock().unwrap().times("1001"));
    engine.journal.write(Lane::Outcome, engine.today(), owed).await.unwrap();
    let heard = || bank.grid.ledger.lock().unwrap().heard[before..].to_vec();
    while heard().len() < 2 {
        a_moment().await;
    }
    assert_eq!(heard(), ["0011", "1001"]);
    let tried = || bank.core.ledger.lock().unwrap().times("1001") - debits;
    assert!(tried() <= 1, "the first is on its way still");
    while tried() < 3 {
        a_moment().await;
    }
}
