//! Sessions: made again when a party comes back, once for all who wait; of each member by the clock.
//!
//! A frame of the canteens: `code(4) school(4) serial(12) body`.

use crate::parties::{frame, seal};
use crate::support::Bank;
use adapters::keys::MemoryKeys;
use bytes::Bytes;
use dsl::check::Text;
use dsl::evaluate::Value;
use engine::exchange::{Asking, Verdict, empty};
use engine::facts::Facts;
use engine::load::compile;
use engine::packet::Packet;
use engine::{Deployment, Gateway, Options, Version, validate};
use link::tcp::{Answer, ServiceFn, TcpServer, TcpServerConfig};
use link::world::{Clock, RealClock, Sleep};
use link::{Core, Mark, Moment, World};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::{Change, Lane, MemoryDisk, MemoryStore};

/// A call of the power company's that needs its session.
fn query(bank: &Bank) -> Asking {
    let version = bank.gateway().engine().current.load_full();
    let call = version.call_named("grid.query_bill").unwrap();
    Asking::new(&version, call, Facts::default(), None)
}

fn sign_ins(bank: &Bank) -> usize {
    bank.grid.ledger.lock().unwrap().times("0001")
}

/// Calls come all the time, each with the limit of its link; a sign-in takes a third of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_that_was_silent_has_a_session_soon_after_its_return_and_few_sign_ins() {
    let mut bank = Bank::closed().await;
    {
        let mut ledger = bank.grid.ledger.lock().unwrap();
        ledger.silent = true;
        ledger.late_sign_in = Duration::from_millis(300);
    }
    bank.start().await;
    let engine = Arc::clone(bank.gateway().engine());
    let (asking, began) = (query(&bank), Instant::now());
    let calls = tokio::spawn(async move {
        loop {
            let (engine, asking) = (Arc::clone(&engine), asking.clone());
            tokio::spawn(async move { drop(engine.session_for(&asking).await) });
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    bank.grid.ledger.lock().unwrap().silent = false;
    let back = Instant::now();
    let cell = bank.gateway().engine().sessions.cell("grid", None);
    while cell.values().is_none() {
        assert!(back.elapsed() < Duration::from_secs(5), "no session after {:?}", back.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    calls.abort();
    let most = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!(sign_ins(&bank) <= most, "{} sign-ins in {:?}", sign_ins(&bank), began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_wait_for_a_sign_in_hear_of_its_one_failure() {
    let mut bank = Bank::closed().await;
    bank.grid.ledger.lock().unwrap().silent = true;
    bank.start().await;
    let engine = Arc::clone(bank.gateway().engine());
    let asking = query(&bank);
    // The sign-in of the start is under way for a second.
    while sign_ins(&bank) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    let waits = (0..20).map(|_| {
        let (engine, asking) = (Arc::clone(&engine), asking.clone());
        tokio::spawn(async move { engine.session_for(&asking).await })
    });
    for waits in waits.collect::<Vec<_>>() {
        let refusal = waits.await.unwrap().unwrap_err();
        assert_eq!((&*refusal.reason, &*refusal.text), ("no_session", "the sign-in was not answered"));
    }
    assert_eq!(sign_ins(&bank), 1);
}

/// The party has turned to other values of the session while it worked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_under_the_values_that_hold_now_is_heard() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let mut asking = query(&bank);
    let shape = asking.version.call(asking.call).unwrap().call.ask.unwrap();
    let fields = &asking.version.compiled.shapes[shape.0 as usize].fields;
    let place = fields.iter().position(|field| &*field.name == "payer_no").unwrap();
    let mut ask = empty(&asking.version, shape);
    ask.set(place, &Value::text("0319000000001")).unwrap();
    asking.ask = Some(Arc::new(ask));
    let mut prepared = engine.prepare(asking).await.unwrap();
    prepared.session = Arc::new(vec![Value::bytes(vec![9; 16]), Value::text("T00017")]);
    let bills = "00000001234502202609000000010000202610000000002345";
    let sealed = seal(&format!("1002{}0000{bills}", prepared.serial));
    let packet = |text: &str| Packet::of_content(Bytes::from(text.to_owned()));
    let heard = engine.read_reply(&prepared, packet(&sealed)).await;
    assert!(matches!(heard, Verdict::Heard(_)));
    let wrong = sealed.replace("0000000123", "0000000124");
    let heard = engine.read_reply(&prepared, packet(&wrong)).await;
    assert!(matches!(heard, Verdict::Unreadable { .. }), "under neither");
}

const CLUB: &str = r#"module club

service look query "查询" {
  ask {
    school  text ..4 chars
  }
  answer {
    name  text ..10 chars
  }
}
"#;

const MEALS: &str = r#"party meals "食堂" {
  charset  ascii
  serial   counter(12)
  day      cut_over 23:00
}

member school "学校" {
  name  text 4 bytes  "代码"
}

link line tcp connect {
  carries  record
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 3s
}

packet record {
  head  fixed {
    code    digits 4      = message.code
    school  text 4 bytes  = school.name
    serial  digits 12     = exchange.serial
  }
  body  fixed {
    message fields
  }
}

session keys per school {
  open   sign_in at start, 06:00
  keep   token text 6 bytes  = sign_in.reply.token
  close  sign_out at cut_over
}

call sign_in {
  request "8001"
  reply "8002" {
    token  text 6 bytes
  }
}

call sign_out {
  request "8003" {
    token  text 6 bytes  = session.token
  }
  reply "8004"
}

call look over line provides club.look {
  request "3001" {
    token  text 6 bytes  = session.token
  }
  reply "3002" {
    name  text 10 bytes  -> answer.name
  }
}
"#;

/// A real clock that says another time of day.
pub(crate) struct Shifted {
    real: RealClock,
    micros: AtomicI64,
}

impl Clock for Shifted {
    fn now(&self) -> Moment {
        Moment(self.real.now().0 + self.micros.load(Ordering::Acquire))
    }
    fn mark(&self) -> Mark {
        self.real.mark()
    }
    fn sleep_until(&self, at: Mark) -> Sleep {
        self.real.sleep_until(at)
    }
}

impl Shifted {
    /// One that says the right time.
    pub(crate) fn new() -> Self {
        Self { real: RealClock::new(), micros: AtomicI64::new(0) }
    }

    /// Puts it forward.
    pub(crate) fn forward(&self, seconds: i64) {
        self.micros.fetch_add(seconds * 1_000_000, Ordering::AcqRel);
    }

    /// Three seconds before an hour of the bank's day that is yet to come.
    fn set_before(&self, hour: i64) {
        let local = self.now().0 + 8 * 3_600_000_000;
        let wanted = (hour * 3_600 - 3) * 1_000_000;
        self.micros.fetch_add((wanted - local).rem_euclid(86_400_000_000), Ordering::AcqRel);
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_member_is_signed_in_at_the_start_and_by_the_clock_and_signed_off_at_the_cut_over() {
    let owner = Core::start(World::real());
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let held = Arc::clone(&heard);
    let service = ServiceFn(move |_, asked: Bytes| {
        let asked = String::from_utf8(asked.to_vec()).expect("ASCII");
        let mut heard = held.lock().unwrap();
        heard.push(asked.clone());
        let (code, body) = match &asked[..4] {
            "8001" => ("8002", format!("T{:05}", heard.len())),
            "8003" => ("8004", String::new()),
            _ => ("3002", format!("{:<10}", "N")),
        };
        std::future::ready(Answer::Frame(Bytes::from(format!("{code}{}{body}", &asked[4..20]))))
    });
    let config = TcpServerConfig::new("127.0.0.1:0", frame());
    let server = TcpServer::start(vec![owner.core()], config, Arc::new(service)).await.expect("listens");
    let says = format!(
        "{{ links: {{ line: {{ address: '{}' }} }}, members: {{ S001: {{}}, S002: {{}} }} }}",
        server.address()
    );
    let (version, deployment) = deployed("meals", MEALS, &says);
    let clock = Arc::new(Shifted::new());
    clock.set_before(6);
    let world = World::with_clock(Arc::<Shifted>::clone(&clock));
    let gateway = started((version, deployment), world).await;
    let began = Instant::now();
    let times = |code: &str, school: &str| {
        let begins = format!("{code}{school}");
        heard.lock().unwrap().iter().filter(|heard| heard.starts_with(&begins)).count()
    };
    let good = || {
        let list = gateway.engine().sessions.list();
        let good = list.into_iter().filter(|(.., good)| *good).map(|(_, member, _)| member);
        good.collect::<Vec<_>>()
    };
    let both = vec![Some("S001".to_owned()), Some("S002".to_owned())];
    until("signed in at the start", || good() == both).await;
    assert_eq!((times("8001", "S001"), times("8001", "S002")), (1, 1));
    let first = gateway.engine().sessions.cell("meals", Some("S002")).values();
    until("and at six", || (times("8001", "S001"), times("8001", "S002")) == (2, 2)).await;
    until("under new values", || gateway.engine().sessions.cell("meals", Some("S002")).values() != first)
        .await;
    assert_eq!(good(), both, "and nobody has a session beside them");
    clock.set_before(23);
    until("signed off at the cut-over", || (times("8003", "S001"), times("8003", "S002")) == (1, 1)).await;
    until("no session is good", || good().is_empty()).await;
    assert_eq!((times("8001", "S001"), times("8001", "S002")), (2, 2));
    while row(&gateway, "meals", "S001").await.is_some() || row(&gateway, "meals", "S002").await.is_some() {
        assert!(began.elapsed() < Duration::from_secs(60), "they come back with the next start");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the journal has of a session.
async fn row(gateway: &Gateway, party: &'static str, member: &'static str) -> Option<store::Session> {
    gateway.engine().journal.read(move |reader| reader.session(party, member)).await.expect("a journal")
}

/// What a deployment says of one party beside the club, and its version.
fn deployed(party: &str, adapter: &str, says: &str) -> (Version, Deployment) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let spool = std::env::temp_dir().join(format!("sessions-{}-{count}", std::process::id()));
    let deployment = format!(
        r"
store: {{ path: memory }}
spool: {}
keys: {{ path: none }}
listeners: {{ channels: '127.0.0.1:0' }}
parties:
  {party}: {says}
",
        spool.display(),
    );
    let deployment = Deployment::parse(&deployment).expect("a deployment");
    let text = |folder: &str, text: &str| Text {
        folder: folder.into(),
        path: format!("{folder}.tongshi").into(),
        text: text.into(),
    };
    let loaded = compile(vec![text("club", CLUB), text(party, adapter)], &deployment);
    let loaded = loaded.map_err(|fault| fault.to_string()).expect("adapters that compile");
    assert_eq!(validate(&deployment, &loaded.compiled), Vec::new());
    let version = Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).expect("a version");
    (version, deployment)
}

async fn started((version, deployment): (Version, Deployment), world: World) -> Gateway {
    let store = Box::new(MemoryStore::open(&MemoryDisk::new()));
    let keys = Arc::new(MemoryKeys::new());
    let started = Gateway::start(version, deployment, keys, store, world, Options::default());
    started.await.expect("starts")
}

/// A frame of the door: `code(4) serial(12) body`.
const DOOR: &str = r#"party door "门" {
  charset  ascii
  serial   counter(12)
}

link line tcp connect {
  carries  record
  frame    length 4 digits
  hold     1 connections, one exchange each
  timeout  connect 3s, answer 3s
}

packet record {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

session pass {
  open  log_on at OPENS
  keep  token text 6 bytes  = log_on.reply.token
}

call log_on {
  request "0001"
  reply "0002" {
    token  text 6 bytes
  }
}

call look over line provides club.look {
  request "3001" {
    token  text 6 bytes  = session.token
  }
  reply "3002" {
    name  text 10 bytes  -> answer.name
  }
}
"#;

/// A door that listens, its address, and how often somebody logged on: with this code it answers those.
async fn door(owner: &Core, code: &'static str) -> (TcpServer, String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let service = ServiceFn(move |_, asked: Bytes| {
        let asked = String::from_utf8(asked.to_vec()).expect("ASCII");
        let token = counted.fetch_add(1, Ordering::SeqCst) + 1;
        std::future::ready(Answer::Frame(Bytes::from(format!("{code}{}T{token:05}", &asked[4..16]))))
    });
    let config = TcpServerConfig::new("127.0.0.1:0", frame());
    let server = TcpServer::start(vec![owner.clone()], config, Arc::new(service)).await.expect("listens");
    let address = server.address().to_owned();
    (server, address, count)
}

/// Each attempt is heard, so that the line itself sees no fault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_refuses_a_sign_in_at_a_connection_is_asked_again_after_a_pause() {
    let owner = Core::start(World::real());
    let (_server, address, asked) = door(&owner.core(), "0009").await;
    let says = format!("{{ links: {{ line: {{ address: '{address}' }} }} }}");
    let opens = DOOR.replace("OPENS", "start, connect");
    let _gateway = started(deployed("door", &opens, &says), World::real()).await;
    until("asked again", || asked.load(Ordering::SeqCst) > 1).await;
    let (began, before) = (Instant::now(), asked.load(Ordering::SeqCst));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let more = asked.load(Ordering::SeqCst) - before;
    let most = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!(more <= most, "{more} times in {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_with_the_line_that_a_reload_replaces_and_is_opened_on_the_next() {
    let owner = Core::start(World::real());
    let (_server, address, asked) = door(&owner.core(), "0002").await;
    let opens = DOOR.replace("OPENS", "connect");
    let says = |more: &str| format!("{{ links: {{ line: {{ address: '{address}'{more} }} }} }}");
    let gateway = started(deployed("door", &opens, &says("")), World::real()).await;
    let engine = gateway.engine();
    let version = engine.current.load_full();
    let door = version.module_named("door").expect("a door");
    engine.sign_in(&version, door, None, None).await.expect("a session");
    let cell = engine.sessions.cell("door", None);
    let first = cell.values().expect("values");
    let (newer, deployment) = deployed("door", &opens, &says(", connections: 1"));
    gateway.reload(newer, deployment).await.expect("another line");
    until("opened anew", || cell.values().is_some_and(|values| values != first)).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// The journal can be behind: what was put there last found no room, or is on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_puts_no_older_values_over_those_that_hold() {
    let owner = Core::start(World::real());
    let (_server, address, _) = door(&owner.core(), "0002").await;
    let opens = DOOR.replace("OPENS", "06:00");
    let says = format!("{{ links: {{ line: {{ address: '{address}' }} }} }}");
    let gateway = started(deployed("door", &opens, &says), World::real()).await;
    let engine = gateway.engine();
    let version = engine.current.load_full();
    let door = version.module_named("door").expect("a door");
    let cell = engine.sessions.cell("door", None);
    engine.sign_in(&version, door, None, None).await.expect("a session");
    let (old, first) = (row(&gateway, "door", "").await, cell.values());
    engine.sign_in(&version, door, None, first.as_ref()).await.expect("another");
    let second = cell.values();
    assert!(second.is_some() && second != first);
    let put = Change::PutSession { party: "door".into(), name: String::new(), session: old };
    engine.journal.write(Lane::Outcome, engine.today(), vec![put]).await.expect("a journal");
    // Its values stand at other places from now on.
    let more = "  keep  token text 6 bytes  = log_on.reply.token";
    let other = format!("  keep  again text 6 bytes  = log_on.reply.token\n{more}");
    let (newer, deployment) = deployed("door", &opens.replace(more, &other), &says);
    gateway.reload(newer, deployment).await.expect("another version");
    let values = cell.values().expect("values");
    assert_eq!(values.get(1), second.as_deref().and_then(|values| values.first()));
}
