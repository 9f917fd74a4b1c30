//! Files of rows: taken once, booked row by row, answered by a file; and the list of what a day brought.

use crate::parties::Does;
use crate::serving::{asked, send, undone};
use crate::support::Bank;
use serde_json::json;
use std::time::Duration;
use store::{Change, Day, Fatal, Lane, MemoryStore, Reader, Store, Verdict, Write};

/// Puts a file of a unit, its end mark last.
fn put(bank: &Bank, name: &str, text: &str) {
    let up = bank.folder.0.join("units/up");
    std::fs::create_dir_all(&up).unwrap();
    std::fs::write(up.join(name), text).unwrap();
    std::fs::write(up.join(format!("{name}.ok")), "").unwrap();
}

/// A file of rows of ten yuan.
fn rows(number: &str, rows: u32) -> String {
    let mut text = format!("{number}|{rows}|{rows}0.00\n");
    for row in 1..=rows {
        text.push_str(&format!("{row}|6230580000001234567|10.00\n"));
    }
    text
}

/// Waits for a file below the folder of all, as long as a patient person would.
async fn awaited(bank: &Bank, place: &str) -> String {
    let path = bank.folder.0.join(place);
    for _ in 0..300 {
        if let Ok(text) = std::fs::read_to_string(&path) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let found: Vec<_> = walk(&bank.folder.0);
    panic!("{place} did not come; there are {found:?}");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => found.extend(walk(&entry.path())),
            false => found.push(entry.path().display().to_string()),
        }
    }
    found
}

/// The power company's business date: half an hour before midnight its next day begins.
fn grid_day() -> String {
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(8 * 60 + 30);
    now.to_string()[..10].to_owned()
}

fn there(bank: &Bank, place: &str) -> bool {
    bank.folder.0.join(place).exists()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_rows_is_booked_and_answered_by_a_file() {
    let bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().plan.push_back(Does::Refuses("1001"));
    put(&bank, "DS_0001.txt", &rows("0001", 5));
    let result = awaited(&bank, "units/down/DS_0001_R.txt").await;
    let lines: Vec<&str> = result.lines().collect();
    assert_eq!(lines[0], "0001|0000|4|40.00", "{result}");
    assert_eq!(lines.len(), 6, "{result}");
    assert_eq!(lines.iter().filter(|line| line.ends_with("|10.00|1001|0.00")).count(), 1, "{result}");
    assert_eq!(lines.iter().filter(|line| line.ends_with("|10.00|0000|10.00")).count(), 4, "{result}");
    for (number, line) in lines.iter().enumerate().skip(1) {
        assert!(line.starts_with(&format!("{number}|6230580000001234567|")), "{result}");
    }
    awaited(&bank, "units/down/DS_0001_R.txt.ok").await;
    awaited(&bank, "units/done/DS_0001.txt").await;
    assert!(!there(&bank, "units/up/DS_0001.txt") && !there(&bank, "units/up/DS_0001.txt.ok"));
    assert_eq!(bank.books().0, 4_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_again_books_nothing() {
    let bank = Bank::open().await;
    put(&bank, "DS_0002.txt", &rows("0002", 3));
    awaited(&bank, "units/down/DS_0002_R.txt").await;
    awaited(&bank, "units/done/DS_0002.txt").await;
    put(&bank, "DS_0002.txt", &rows("0002", 3));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(bank.books().0, 3_000);
    // The same name with other rows is another file of a batch that was booked.
    put(&bank, "DS_0002.txt", &rows("0002", 4));
    let told = awaited(&bank, "units/down/DS_0002_X.txt").await;
    assert!(told.starts_with("2002|"), "{told}");
    assert_eq!(bank.books().0, 3_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_listed_again_under_an_earlier_day_is_not_run_again() {
    let bank = Bank::open().await;
    let today = grid_day();
    let before = today.parse::<jiff::civil::Date>().unwrap().yesterday().unwrap();
    let name = |day: &str| format!("DIFF_{}.txt", day.replace('-', ""));
    let parked = async || -> Vec<String> {
        let waits = bank.gateway().engine().waiting(store::FlowId(0), 100).await;
        let mut all: Vec<_> = waits.into_iter().map(|waits| waits.what).collect();
        all.sort();
        all
    };
    put(&bank, &name(&today), "1\nS1\n");
    awaited(&bank, &format!("units/done/{}", name(&today))).await;
    put(&bank, &name(&before.to_string()), "2\nS1\nS2\n");
    awaited(&bank, &format!("units/done/{}", name(&before.to_string()))).await;
    // Time for a second, if there were one.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(parked().await, ["差异: S1", "差异: S2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_under_another_name_is_not_taken() {
    let bank = Bank::open().await;
    put(&bank, "DS_0003.txt", &rows("0003", 2));
    awaited(&bank, "units/down/DS_0003_R.txt").await;
    put(&bank, "DS_0033.txt", &rows("0003", 2));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(there(&bank, "units/up/DS_0033.txt"), "a person looks at it");
    assert_eq!(bank.books().0, 2_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_wrong_is_answered_and_books_nothing() {
    let bank = Bank::open().await;
    put(&bank, "DS_0004.txt", &rows("0004", 3).replace("|30.00", "|30.01"));
    let told = awaited(&bank, "units/down/DS_0004_X.txt").await;
    assert!(told.starts_with("2003|") || told.starts_with("2004|"), "{told}");
    put(
        &bank,
        "DS_0005.txt",
        &rows("0005", 3).replace("2|6230580000001234567|10.00", "2|6230580000001234567|ten"),
    );
    let told = awaited(&bank, "units/down/DS_0005_X.txt").await;
    assert!(told.starts_with("2003|"), "{told}");
    put(&bank, "DS_0006.txt", &rows("0006", 3).replace("0006|3|", "0006|4|"));
    let told = awaited(&bank, "units/down/DS_0006_X.txt").await;
    assert!(told.starts_with("2004|"), "{told}");
    assert_eq!(bank.books().0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_on_after_a_crash_and_books_no_row_twice() {
    let mut bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().plan.extend([Does::BooksSilently; 4]);
    put(&bank, "DS_0007.txt", &rows("0007", 9));
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(!there(&bank, "units/down/DS_0007_R.txt"));
    bank.gateway = None;
    bank.start().await;
    let result = awaited(&bank, "units/down/DS_0007_R.txt").await;
    assert!(result.starts_with("0007|0000|9|90.00\n"), "{result}");
    assert_eq!(bank.books().0, 9_000);
    assert_eq!(bank.core.ledger.lock().unwrap().booked.len(), 9);
}

/// The disk takes nothing while the last rows end: the batch waits for it, and ends with all that its rows answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_answers_cannot_be_gathered_waits_until_they_can() {
    let bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(200);
    put(&bank, "DS_0008.txt", &rows("0008", 5));
    let booked = || bank.core.ledger.lock().unwrap().booked.len();
    while booked() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (spool, aside) = (bank.folder.0.join("spool"), bank.folder.0.join("spool aside"));
    std::fs::rename(&spool, &aside).unwrap();
    std::fs::write(&spool, "no folder").unwrap();
    while booked() < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let open = bank.gateway().engine().journal.read(|reader| reader.open_flows(store::FlowId(0), 10)).await;
    assert!(open.unwrap().iter().any(|flow| flow.name == "bank.collect"), "it ended without its answers");
    std::fs::remove_file(&spool).unwrap();
    std::fs::rename(&aside, &spool).unwrap();
    let result = awaited(&bank, "units/down/DS_0008_R.txt").await;
    assert!(result.starts_with("0008|0000|5|50.00\n"), "{result}");
    assert_eq!(result.lines().filter(|line| line.ends_with("|10.00|0000|10.00")).count(), 5, "{result}");
    assert_eq!(bank.books().0, 5_000);
}

/// The flow of a batch that has not ended.
async fn open_batch(bank: &Bank) -> Option<store::FlowId> {
    let open = bank.gateway().engine().journal.read(|reader| reader.open_flows(store::FlowId(0), 10)).await;
    open.unwrap().into_iter().find(|flow| flow.name == "bank.collect").map(|flow| flow.flow)
}

/// Waits until so many rows of a batch are open in the journal.
async fn until_open(bank: &Bank, batch: store::FlowId, rows: usize) {
    for _ in 0..600 {
        let journal = &bank.gateway().engine().journal;
        let open = journal.read(|reader| reader.open_flows(store::FlowId(0), 10)).await.unwrap();
        if open.iter().filter(|flow| flow.parent.is_some_and(|(of, _)| of == batch)).count() == rows {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no time came at which {rows} rows were open");
}

async fn until_booked(bank: &Bank, rows: usize) {
    while bank.core.ledger.lock().unwrap().booked.len() < rows {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The answer is due and the disk takes nothing: what was booked by then is in no sum of a list that is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_due_waits_until_what_rows_answered_can_be_gathered() {
    let bank = Bank::open().await;
    {
        let mut ledger = bank.core.ledger.lock().unwrap();
        ledger.plan.push_back(Does::BooksSilently);
        ledger.deaf_enquiries = true;
    }
    put(&bank, "DS_0014.txt", &rows("0014", 2));
    until_booked(&bank, 2).await;
    let batch = open_batch(&bank).await.expect("a batch");
    until_open(&bank, batch, 1).await;
    let (spool, aside) = (bank.folder.0.join("spool"), bank.folder.0.join("spool aside"));
    std::fs::rename(&spool, &aside).unwrap();
    std::fs::write(&spool, "no folder").unwrap();
    assert!(bank.gateway().engine().tell_flow(batch, dsl::flow::Event::CutOff).await);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(open_batch(&bank).await, Some(batch), "it ended without its answers");
    std::fs::remove_file(&spool).unwrap();
    std::fs::rename(&aside, &spool).unwrap();
    let result = awaited(&bank, "units/down/DS_0014_R.txt").await;
    // The other row may have been found by then.
    let ending = |end: &str| result.lines().filter(|line| line.ends_with(end)).count();
    let (done, under_way) = (ending("|10.00|0000|10.00"), ending("|10.00|0001|0.00"));
    assert!(done > 0 && done + under_way == 2, "{result}");
    assert!(result.starts_with(&format!("0014|0000|{done}|{done}0.00\n")), "{result}");
}

/// A stop behind rows that have ended, and a disk that does not take their list again at once: what stands behind them waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_comes_back_waits_until_what_its_rows_answered_can_be_gathered() {
    let mut bank = Bank::closed().await;
    bank.changed = Some((
        "  answer {\n    done_count   <- count",
        "  step whole bank.debit {\n    account  <- \"6230580000001234567\"\n    amount   <- sum(answer.rows.booked)\n    \
         else go on for not_sent, never_seen, reversed\n    else park \"未入账\"\n  }\n  answer {\n    done_count   <- count",
    ));
    bank.start().await;
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(300);
    put(&bank, "DS_0015.txt", &rows("0015", 2));
    until_booked(&bank, 2).await;
    bank.core.ledger.lock().unwrap().plan.push_back(Does::BooksSilently);
    until_booked(&bank, 3).await;
    bank.gateway = None;
    let spool = walk(&bank.folder.0.join("spool"));
    let sheet = spool.iter().find(|name| name.contains("/flow-")).unwrap_or_else(|| panic!("{spool:?}"));
    // A folder in its place: what is written cannot be given its name.
    std::fs::remove_file(sheet).unwrap();
    std::fs::create_dir(sheet).unwrap();
    bank.core.ledger.lock().unwrap().late = Duration::ZERO;
    bank.start().await;
    assert_eq!(bank.gateway().lost(), &[]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(open_batch(&bank).await.is_some(), "it ended without its answers");
    std::fs::remove_dir(sheet).unwrap();
    let result = awaited(&bank, "units/down/DS_0015_R.txt").await;
    assert!(result.starts_with("0015|0000|2|20.00\n"), "{result}");
    assert_eq!(bank.books().0, 4_000);
}

/// The answer is due while a row finds no room in the journal: nobody would begin the row if the batch ended now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_due_waits_until_every_row_has_a_flow() {
    let mut bank = Bank::closed().await;
    bank.disk.give_few(1);
    bank.start().await;
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(300);
    put(&bank, "DS_0016.txt", &rows("0016", 3));
    until_booked(&bank, 2).await;
    bank.disk.fill(true);
    let batch = open_batch(&bank).await.expect("a batch");
    until_open(&bank, batch, 0).await;
    // The third is open in the batch's own state and stands nowhere else.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(bank.gateway().engine().tell_flow(batch, dsl::flow::Event::CutOff).await);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(open_batch(&bank).await, Some(batch), "it ended without a row");
    bank.disk.fill(false);
    until_booked(&bank, 3).await;
    awaited(&bank, "units/down/DS_0016_R.txt").await;
    assert_eq!(bank.books().0, 3_000);
}

/// What a file's rows are once by may come twice in it: the second is told so, whatever its content, and is in no sum.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_comes_twice_in_a_file_is_booked_once_and_the_second_is_a_duplicate() {
    let bank = Bank::open().await;
    let account = "6230580000001234567";
    let text = format!(
        "0011|5|55.00\n1|{account}|10.00\n2|{account}|10.00\n2|{account}|10.00\n2|{account}|15.00\n3|{account}|10.00\n"
    );
    put(&bank, "DS_0011.txt", &text);
    let result = awaited(&bank, "units/down/DS_0011_R.txt").await;
    let lines: Vec<&str> = result.lines().collect();
    assert_eq!(lines[0], "0011|0000|3|30.00", "{result}");
    assert_eq!(lines.iter().filter(|line| line.ends_with("|0000|10.00")).count(), 3, "{result}");
    assert_eq!(lines.iter().filter(|line| line.ends_with("|2002|0.00")).count(), 2, "{result}");
    assert!(lines.contains(&format!("2|{account}|15.00|2002|0.00").as_str()), "{result}");
    assert_eq!(bank.books().0, 3_000);
}

/// A file that was taken is answered, however long there is no room for it: here until another start, under another version, by
/// which it is not read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_finds_no_room_is_asked_again_by_the_version_that_it_was_taken_under() {
    let mut bank = Bank::closed().await;
    bank.limits = ", flows: 1".to_owned();
    bank.start().await;
    let first = bank.gateway().engine().current.load().hash;
    let place = bank.gateway().engine().permits.add();
    put(&bank, "DS_0012.txt", &rows("0012", 3));
    awaited(&bank, "units/done/DS_0012.txt").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answered = |bank: &Bank| walk(&bank.folder.0).iter().any(|name| name.contains("units/down"));
    assert!(!answered(&bank), "it is not closed, nor refused");
    drop(place);
    bank.gateway = None;
    bank.start_with("// another version\n").await;
    assert_ne!(bank.gateway().engine().current.load().hash, first);
    let result = awaited(&bank, "units/down/DS_0012_R.txt").await;
    assert!(result.starts_with("0012|0000|3|30.00\n"), "{result}");
    let flow = bank.gateway().engine().journal.read(|reader| {
        let file = reader.file("units", store::Direction::Out, "DS_0012_R.txt")?;
        file.and_then(|file| file.flow).map_or(Ok(None), |flow| reader.flow(flow))
    });
    assert_eq!(flow.await.unwrap().expect("a flow").version, first);
}

/// A result is written once: what cannot be put, and a stop in between, make no second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_could_not_be_put_is_put_after_a_stop_as_it_was_written() {
    let mut bank = Bank::open().await;
    std::fs::create_dir_all(bank.folder.0.join("units")).unwrap();
    // A file where the folder would be.
    std::fs::write(bank.folder.0.join("units/down"), "").unwrap();
    put(&bank, "DS_0013.txt", &rows("0013", 2));
    let written = |bank: &Bank| -> Vec<String> {
        let all = walk(&bank.folder.0.join("spool")).into_iter();
        all.filter(|name| name.contains("/result-")).collect()
    };
    let open = async |bank: &Bank| {
        let open = bank.gateway().engine().journal.read(|reader| reader.open_files(10)).await.unwrap();
        open.iter().any(|file| file.phase == "written")
    };
    for _ in 0..600 {
        if open(&bank).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = written(&bank);
    assert_eq!(before.len(), 1, "{before:?}");
    let octets = std::fs::read_to_string(&before[0]).unwrap();
    bank.gateway = None;
    std::fs::remove_file(bank.folder.0.join("units/down")).unwrap();
    bank.start().await;
    assert_eq!(awaited(&bank, "units/down/DS_0013_R.txt").await, octets);
    awaited(&bank, "units/down/DS_0013_R.txt.ok").await;
    assert_eq!(written(&bank), before);
    assert_eq!(bank.books().0, 2_000);
}

/// The one file of the spool whose name has this beginning and this end.
async fn in_spool(bank: &Bank, begins: &str, ends: &str) -> std::path::PathBuf {
    let begins = format!("spool/{begins}");
    for _ in 0..100 {
        let all = walk(&bank.folder.0).into_iter();
        let mut found = all.filter(|name| name.contains(&begins) && name.ends_with(ends));
        if let Some(name) = found.next() {
            return name.into();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the spool has no {begins}*{ends}: {:?}", walk(&bank.folder.0));
}

/// The copy of a file in the spool, not its sheets.
async fn copy_of(bank: &Bank) -> std::path::PathBuf {
    let sheet = in_spool(bank, "in-", ".rows.sheet").await;
    sheet.to_str().unwrap().strip_suffix(".rows.sheet").unwrap().into()
}

fn is_answered(bank: &Bank) -> bool {
    walk(&bank.folder.0).iter().any(|name| name.contains("units/down/DS_"))
}

/// A fault of the disk is no answer to a batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_whose_rows_the_spool_does_not_give_now_is_asked_again() {
    let mut bank = Bank::closed().await;
    bank.limits = ", flows: 1".to_owned();
    bank.start().await;
    let place = bank.gateway().engine().permits.add();
    put(&bank, "DS_0021.txt", &rows("0021", 2));
    let sheet = in_spool(&bank, "in-", ".rows.sheet").await;
    let aside = bank.folder.0.join("aside");
    std::fs::rename(&sheet, &aside).unwrap();
    drop(place);
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert!(!is_answered(&bank), "{:?}", walk(&bank.folder.0));
    std::fs::rename(&aside, &sheet).unwrap();
    let result = awaited(&bank, "units/down/DS_0021_R.txt").await;
    assert!(result.starts_with("0021|0000|2|20.00\n"), "{result}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_again_takes_the_place_of_a_copy_that_was_lost() {
    let mut bank = Bank::closed().await;
    bank.limits = ", flows: 1".to_owned();
    bank.start().await;
    let place = bank.gateway().engine().permits.add();
    put(&bank, "DS_0022.txt", &rows("0022", 2));
    awaited(&bank, "units/done/DS_0022.txt").await;
    let copy = copy_of(&bank).await;
    bank.gateway = None;
    drop(place);
    std::fs::remove_file(&copy).unwrap();
    bank.start().await;
    put(&bank, "DS_0022.txt", &rows("0022", 2));
    awaited(&bank, "units/done/DS_0022.txt.2").await;
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), rows("0022", 2));
    bank.gateway = None;
    bank.start().await;
    let result = awaited(&bank, "units/down/DS_0022_R.txt").await;
    assert!(result.starts_with("0022|0000|2|20.00\n"), "{result}");
    assert_eq!(bank.books().0, 2_000);
}

/// A store that has written that a file was taken, and does not say so.
struct Unsettled(MemoryStore);

impl Store for Unsettled {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        let takes = |write: &Write| write.changes.iter().any(|one| matches!(one, Change::PutFile(_)));
        let verdicts = self.0.commit(group)?;
        if group.iter().any(takes) { Err(Fatal::Ended) } else { Ok(verdicts) }
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        self.0.reader()
    }

    fn epoch(&self) -> u64 {
        self.0.epoch()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_the_journal_may_have_keeps_its_copy() {
    let mut bank = Bank::closed().await;
    let store = Unsettled(MemoryStore::open(&bank.disk));
    bank.start_over("", Box::new(store)).await;
    put(&bank, "DS_0023.txt", &rows("0023", 2));
    tokio::time::timeout(Duration::from_secs(30), bank.gateway().failed()).await.expect("a commit");
    tokio::time::sleep(Duration::from_millis(500)).await;
    bank.gateway = None;
    bank.start().await;
    let result = awaited(&bank, "units/down/DS_0023_R.txt").await;
    assert!(result.starts_with("0023|0000|2|20.00\n"), "{result}");
    assert_eq!(bank.books().0, 2_000);
}

/// The deployment of another start does not read it any more, played here by other octets in the spool: that is no end of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_read_again_stays_open_while_its_rows_go_on() {
    let mut bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().plan.extend([Does::BooksSilently; 4]);
    put(&bank, "DS_0024.txt", &rows("0024", 4));
    let booked = |bank: &Bank| bank.core.ledger.lock().unwrap().booked.len();
    // A row that had not begun could not be read any more.
    while booked(&bank) < 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let copy = copy_of(&bank).await;
    bank.gateway = None;
    assert!(!is_answered(&bank), "it is in flight");
    std::fs::write(&copy, "of another layout\n").unwrap();
    bank.start().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!is_answered(&bank), "{:?}", walk(&bank.folder.0));
    let told = bank.gateway().engine().journal.read(|reader| reader.refused(10)).await.unwrap();
    assert!(told.iter().any(|row| row.input.peer == "DS_0024.txt"), "nobody is told: {told:?}");
    bank.gateway = None;
    std::fs::write(&copy, rows("0024", 4)).unwrap();
    bank.start().await;
    let result = awaited(&bank, "units/down/DS_0024_R.txt").await;
    assert!(result.starts_with("0024|0000|4|40.00\n"), "{result}");
    assert_eq!(bank.books().0, 4_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_is_put_once_though_its_flow_is_forgotten_meanwhile() {
    let mut bank = Bank::open().await;
    std::fs::create_dir_all(bank.folder.0.join("units")).unwrap();
    // A file where the folder would be.
    std::fs::write(bank.folder.0.join("units/down"), "").unwrap();
    put(&bank, "DS_0025.txt", &rows("0025", 2));
    let open = async |bank: &Bank| bank.gateway().engine().journal.read(|reader| reader.open_files(10)).await;
    let mut flow = None;
    for _ in 0..600 {
        let written = open(&bank).await.unwrap().into_iter().find(|file| file.phase == "written");
        flow = written.and_then(|file| file.flow);
        if flow.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let flow = flow.expect("a result that was written");
    let journal = bank.gateway().engine().journal.clone();
    let from = (0..3).fold(bank.gateway().engine().today(), |day, _| day.next());
    let keep = store::KeepFrom { from, by: "a test".to_owned(), export: None };
    let verdict = journal.write(Lane::Outcome, Day(0), vec![Change::KeepFrom(keep)]).await.unwrap();
    assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
    for _ in 0..5 {
        journal.write(Lane::Outcome, Day(0), vec![Change::ForgetRows]).await.unwrap();
    }
    assert_eq!(journal.read(move |reader| reader.flow(flow)).await.unwrap(), None);
    drop(journal);
    bank.gateway = None;
    std::fs::remove_file(bank.folder.0.join("units/down")).unwrap();
    bank.start().await;
    awaited(&bank, "units/down/DS_0025_R.txt.ok").await;
    for _ in 0..100 {
        if open(&bank).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is put again at each start: {:?}", open(&bank).await);
}

/// A stop between the two removals leaves a file without its mark: it goes as if none had been; another stays for its mark.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_file_that_was_left_without_its_mark_goes_all_the_same() {
    let bank = Bank::open().await;
    put(&bank, "DS_0026.txt", &rows("0026", 2));
    awaited(&bank, "units/done/DS_0026.txt").await;
    let up = bank.folder.0.join("units/up");
    std::fs::write(up.join("DS_0026.txt"), rows("0026", 2)).unwrap();
    std::fs::write(up.join("DS_0027.txt"), rows("0027", 2)).unwrap();
    awaited(&bank, "units/done/DS_0026.txt.2").await;
    assert!(!there(&bank, "units/up/DS_0026.txt") && there(&bank, "units/up/DS_0027.txt"));
    awaited(&bank, "units/down/DS_0026_R.txt").await;
    assert_eq!(bank.books().0, 2_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_a_day_says_what_was_paid_and_taken_back() {
    let bank = Bank::open().await;
    for (reference, amount) in [("P1", "10.00"), ("P2", "20.50"), ("P3", "7.25")] {
        let (status, told) = bank.pay(reference, amount).await;
        assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    }
    // A fourth that the core's channel takes back again.
    send(&bank, &asked("000000000077", 3_000)).await.expect("an answer");
    let told = send(&bank, &undone("000000000078", "000000000077", 3_000)).await.expect("an answer");
    assert_eq!(&told[28..32], "0000", "{told}");
    let day = grid_day();
    let body = json!({ "day": day, "reference": "L1" });
    let (status, told) = bank.ask("bank.send_list", &body).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    let list = awaited(&bank, &format!("grid/lists/DZ_{}.txt", day.replace('-', ""))).await;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], format!("{}|4|67.75|1", day.replace('-', "")), "{list}");
    assert_eq!(lines.len(), 6, "{list}");
    for amount in ["10.00", "20.50", "7.25"] {
        assert!(
            lines
                .iter()
                .any(|line| line.contains(&format!("|0319000000001|{amount}|R00")) && line.ends_with("|1")),
            "{list}"
        );
    }
    assert!(lines.iter().any(|line| line.contains("|30.00|R00") && line.ends_with("|2")), "{list}");
    assert_eq!(lines[5].len(), 32, "{list}");
    // Asked again it is put again, and is the same.
    assert_eq!(bank.ask("bank.send_list", &body).await.1, told);
}

/// A question moves no money and has no intent in the journal: what was asked stands there with its end, where somebody compares it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bill_of_a_month_is_held_against_the_questions_that_were_asked() {
    let bank = Bank::open().await;
    for (reference, payer) in [("Q1", "0319000000001"), ("Q2", "0319000000002"), ("Q3", "unknown")] {
        let body = json!({
            "payer_no": payer, "account": "6230580000001234567", "amount": "1.00", "reference": reference
        });
        let (status, told) = bank.ask("bank.by_account", &body).await;
        assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    }
    // The bill has the first, not the second; one that was refused, and one that nobody asked.
    let last = grid_day().parse::<jiff::civil::Date>().unwrap().last_of_month();
    let name = format!("CX_{}.txt", last.to_string().replace('-', ""));
    let folder = bank.folder.0.join("grid/bills");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(&name), "3\n0319000000001\nunknown\n0319000000009\n").unwrap();
    awaited(&bank, &format!("grid/done/{name}")).await;
    let mut parked = Vec::new();
    for _ in 0..100 {
        let waits = bank.gateway().engine().waiting(store::FlowId(0), 100).await;
        parked = waits.into_iter().map(|waits| waits.what).collect();
        if parked.len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    parked.sort();
    let said = ["ours_only: 0319000000002", "refused_here: unknown", "theirs_only: 0319000000009"];
    assert_eq!(parked, said.map(|said| format!("2 笔, 1 笔一致, {said}")));
}
