//! Parameters that two persons change while the gateway runs: what counts for which flow, who may, what stays of it.

use crate::support::Bank;
use engine::parameters::NotChanged;
use engine::waiting::{Decided, Decision, Person, Said};
use serde_json::{Value, json};
use std::time::Duration;
use store::{Day, FlowId, ParameterName};

fn person(name: &str, roles: &[&str]) -> Person {
    Person { name: name.to_owned(), roles: roles.iter().map(|role| (*role).to_owned()).collect() }
}

fn of_shop(name: &str) -> ParameterName {
    ParameterName { party: "bank".to_owned(), member: "S001".to_owned(), name: name.to_owned() }
}

fn of_bank(name: &str) -> ParameterName {
    ParameterName { member: String::new(), ..of_shop(name) }
}

/// The business date, so many days on.
fn day(bank: &Bank, days: i64) -> Day {
    let engine = bank.gateway().engine();
    let version = engine.current.load_full();
    let module = version.module_named("bank").unwrap();
    let today = engine.business_date(&version, module);
    let date = match days {
        0 => today,
        1 => today.tomorrow().unwrap(),
        _ => today.yesterday().unwrap(),
    };
    engine::calendar::day(date)
}

async fn change(bank: &Bank, parameter: ParameterName, value: &str, days: i64) -> Result<(), NotChanged> {
    let engine = bank.gateway().engine();
    let (maker, checker) = (person("maker", &["operator"]), person("checker", &["checker"]));
    let from = day(bank, days);
    let number = engine.propose_parameter(parameter, value, from, "the board", &maker).await?;
    engine.decide_parameter(number, true, "seen", &checker).await
}

async fn spend(bank: &Bank, shop: &str, amount: &str, reviewed: bool, reference: &str) -> Value {
    let body = json!({
        "shop": shop, "account": "6230580000001234567", "amount": amount, "reviewed": reviewed,
        "reference": reference,
    });
    bank.ask("bank.spend", &body).await.1
}

fn counts(bank: &Bank) -> String {
    let all = bank.gateway().engine().parameters();
    all.into_iter().find(|seen| seen.parameter == of_shop("day")).unwrap().value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_s_limit_counts_as_the_deployment_says_and_then_as_two_persons_say() {
    let bank = Bank::open().await;
    assert_eq!(spend(&bank, "S009", "1.00", false, "N").await["reason"], "no_such_payer");
    assert_eq!(spend(&bank, "S001", "50.01", false, "E").await["reason"], "over_limit");
    let told = spend(&bank, "S001", "40.00", false, "A").await;
    assert_eq!((&told["outcome"], &told["answer"]["day"]), (&json!("done"), &json!("60.00")), "{told}");
    assert_eq!(spend(&bank, "S001", "30.00", false, "B").await["reason"], "over_limit");
    change(&bank, of_shop("day"), "80.00", 0).await.unwrap();
    assert_eq!(spend(&bank, "S001", "30.00", false, "C").await["answer"]["day"], "80.00");
    // A lowered limit undoes nothing of what was paid, and lets nothing more pass.
    change(&bank, of_shop("day"), "20.00", 0).await.unwrap();
    assert_eq!(spend(&bank, "S001", "1.00", false, "D").await["reason"], "over_limit");
    assert_eq!(bank.books(), (7_000, 0));
    change(&bank, of_bank("paused"), "yes", 0).await.unwrap();
    assert_eq!(spend(&bank, "S001", "1.00", false, "P").await["reason"], "already_paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_a_parameter_alone_and_nobody_who_may_not() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let all = person("one", &["operator", "checker"]);
    let (today, tomorrow) = (day(&bank, 0), day(&bank, 1));
    let propose = async |parameter, value: &str, from, by: &Person| {
        engine.propose_parameter(parameter, value, from, "", by).await
    };
    let nothing = propose(of_shop("each"), "1.00", today, &all).await;
    assert_eq!(nothing, Err(NotChanged::Nothing("each".to_owned())));
    let nobody = ParameterName { member: "S009".to_owned(), ..of_shop("day") };
    assert!(matches!(propose(nobody, "1.00", today, &all).await, Err(NotChanged::Nothing(_))));
    assert!(matches!(propose(of_shop("day"), "1.001", today, &all).await, Err(NotChanged::Value(_))));
    assert!(matches!(propose(of_shop("day"), "60.00", today, &all).await, Err(NotChanged::Same(_))));
    let past = propose(of_shop("day"), "70.00", day(&bank, -1), &all).await;
    assert_eq!(past, Err(NotChanged::Past(today)));
    let viewer = person("two", &["checker"]);
    assert_eq!(propose(of_shop("day"), "70.00", today, &viewer).await, Err(NotChanged::Role("operator")));

    let number = propose(of_shop("day"), "70.00", today, &all).await.unwrap();
    let waits = NotChanged::Waits("one".to_owned(), number);
    assert_eq!(propose(of_shop("day"), "75.00", tomorrow, &all).await, Err(waits));
    let decide = async |agreed, by: &Person| engine.decide_parameter(number, agreed, "", by).await;
    assert_eq!(decide(true, &all).await, Err(NotChanged::SamePerson("one".to_owned())));
    assert_eq!(decide(true, &person("three", &["operator"])).await, Err(NotChanged::Role("checker")));
    assert_eq!(counts(&bank), "60.00");
    assert_eq!(decide(true, &viewer).await, Ok(()));
    assert_eq!(decide(true, &viewer).await, Err(NotChanged::NotWaiting(number)));
    assert_eq!(counts(&bank), "70.00");

    // Taken back by who proposed it: nothing counts of it.
    let number = propose(of_shop("day"), "90.00", tomorrow, &all).await.unwrap();
    engine.decide_parameter(number, false, "a mistake", &all).await.unwrap();
    assert_eq!(counts(&bank), "70.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_keeps_what_counted_when_it_began_and_the_history_stays_over_a_crash() {
    let mut bank = Bank::open().await;
    let engine = bank.gateway().engine().clone();
    let begun = async {
        for _ in 0..400 {
            if !engine.waiting(FlowId(0), 10).await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nothing waits");
    };
    tokio::select! {
        () = begun => {},
        told = spend(&bank, "S001", "50.00", true, "H") => panic!("answered before people decided: {told}"),
    }
    drop(engine);
    change(&bank, of_shop("day"), "10.00", 0).await.unwrap();
    change(&bank, of_shop("day"), "15.00", 1).await.unwrap();
    bank.gateway = None;
    bank.start().await;
    let seen = bank.gateway().engine().parameters();
    let seen = seen.iter().find(|seen| seen.parameter == of_shop("day")).unwrap();
    assert_eq!((seen.value.as_str(), seen.first.as_str()), ("10.00", "60.00"));
    assert_eq!(seen.later, [(day(&bank, 1), "15.00".to_owned())]);

    let engine = bank.gateway().engine();
    let waits = engine.waiting(FlowId(0), 10).await.remove(0);
    let said = Said { decision: Decision::Go, reason: String::new(), proof: String::new(), file: None };
    let (maker, checker) = (person("maker", &["operator"]), person("checker", &["checker", "legal"]));
    assert_eq!(engine.decide(waits.flow, &waits.place, &said, &maker).await, Ok(Decided::Proposed));
    assert_eq!(engine.decide(waits.flow, &waits.place, &said, &checker).await, Ok(Decided::Done));
    let mut told = Value::Null;
    for _ in 0..400 {
        told = bank.http("GET", "/v1/bank.spend/H", &Value::Null, "secret").await.1;
        if told["outcome"] != "pending" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!((&told["outcome"], &told["answer"]["day"]), (&json!("done"), &json!("60.00")), "{told}");
    assert_eq!(spend(&bank, "S001", "1.00", false, "I").await["reason"], "over_limit");

    let changes = engine.journal.read(|reader| reader.parameter_changes(0, 10)).await.unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            let decided = change.decided.as_ref().map(|(decided, _)| decided.by.as_str());
            (change.proposed.old.as_str(), change.proposed.new.as_str(), change.proposed.by.as_str(), decided)
        })
        .collect();
    assert_eq!(
        told,
        [("60.00", "10.00", "maker", Some("checker")), ("10.00", "15.00", "maker", Some("checker"))]
    );
}

async fn pay_order(bank: &Bank, order: &str, reference: &str) -> Value {
    let body = json!({
        "order_no": order, "account": "6230580000001234567", "amount": "12.00", "reference": reference,
    });
    bank.ask("bank.pay_order", &body).await.1
}

/// What was counted stays with the limit's words, wherever it stands in a version that comes later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paid_once_also_where_another_limit_comes_before_its_own() {
    let mut bank = Bank::open().await;
    assert_eq!(pay_order(&bank, "O1", "A").await["outcome"], "done");
    assert_eq!(pay_order(&bank, "O1", "B").await["reason"], "already_paid");
    bank.gateway = None;
    bank.changed = Some((
        "  limit  count by ask.order_no at most 1 else",
        "  limit  sum ask.amount by ask.order_no at most 20.00 else refuse over_limit
  limit  count by ask.account each day at most 9 else refuse over_limit
  limit  count by ask.order_no at most 1 else",
    ));
    bank.start().await;
    let told = pay_order(&bank, "O1", "C").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("already_paid")), "{told}");
    assert_eq!(pay_order(&bank, "O2", "D").await["outcome"], "done");
    assert_eq!(bank.books(), (2_400, 0));
}

/// A name of its own lets flows count together for ever too, counts with counts and sums with sums.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_for_ever_counts_under_a_name_of_its_own() {
    let mut bank = Bank::closed().await;
    let alone = "  limit  count by ask.order_no at most 1 else";
    bank.changed = Some((alone, "  limit  count by ask.order_no as orders at most 1 else"));
    bank.start().await;
    assert_eq!(pay_order(&bank, "O1", "A").await["outcome"], "done");
    bank.gateway = None;
    bank.changed = Some((
        alone,
        "  limit  sum ask.amount by ask.account as orders at most 20.00 else refuse over_limit
  limit  count by ask.order_no as orders at most 2 else",
    ));
    bank.start().await;
    assert_eq!(
        pay_order(&bank, "O1", "B").await["outcome"],
        "done",
        "a sum of the same name is not the count"
    );
    assert_eq!(pay_order(&bank, "O1", "C").await["reason"], "over_limit");
    assert_eq!(bank.books(), (2_400, 0));
}
