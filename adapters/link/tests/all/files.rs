use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use link::deliver::{DeliverConfig, Delivery, make_mark};
use link::files::{EndMark, FileFault, FileLink, FilePath};
use link::folder::Folder;
use link::watch::{After, Complete, Watch, WatchConfig};
use link::world::RealFiles;
use link::{CauseKind, Leave, Mark};

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("link-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn link(&self) -> Arc<Folder> {
        Arc::new(Folder::new(Arc::new(RealFiles), &self.0))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn path(text: &str) -> FilePath {
    FilePath::parse(text).unwrap()
}

async fn deliver(link: &dyn FileLink, name: &str, pieces: &[&str]) {
    let config =
        DeliverConfig { temporary: true, done: Some(EndMark::of(".ok")), ..DeliverConfig::default() };
    let mut delivery = Delivery::begin(link, &path(name), &config).await.unwrap();
    for piece in pieces {
        delivery.write(piece.as_bytes()).await.unwrap();
    }
    delivery.finish().await.unwrap();
}

#[test]
fn names_cannot_lead_out() {
    for bad in ["..", "a/../b", "a//b", "a/./b", "a\\b", "a\0b", "a/\u{1b}[2J"] {
        assert_eq!(FilePath::parse(bad).unwrap_err().fault, FileFault::BadName, "{bad:?}");
    }
    assert_eq!(path("/upload/").join("x.txt").unwrap().to_string(), "upload/x.txt");
    assert!(path("upload").join("../x").is_err());
}

#[tokio::test]
async fn a_control_file_is_made_once_and_again_where_it_is_missing_and_never_over_another() {
    let scratch = Scratch::new();
    let link = scratch.link();
    let config = DeliverConfig {
        temporary: true,
        done: Some(EndMark::of(".chk")),
        control: Some(b"5|a\n".to_vec()),
        ..DeliverConfig::default()
    };
    let mut delivery = Delivery::begin(link.as_ref(), &path("x.txt"), &config).await.unwrap();
    delivery.write(b"hello").await.unwrap();
    delivery.finish().await.unwrap();
    let mark = scratch.0.join("x.txt.chk");
    assert_eq!(std::fs::read(&mark).unwrap(), b"5|a\n");
    assert!(!scratch.0.join("x.txt.chk.part").exists());

    let place = path("x.txt.chk");
    let again = || make_mark(link.as_ref(), &place, Some(b"5|a\n"), true);
    again().await.unwrap();
    std::fs::remove_file(&mark).unwrap();
    again().await.unwrap();
    assert_eq!(std::fs::read(&mark).unwrap(), b"5|a\n");
    let other = make_mark(link.as_ref(), &place, Some(b"6|b\n"), true).await.unwrap_err();
    assert_eq!(other.fault, FileFault::Exists);

    // Where nothing is renamed, a broken try leaves the beginning of it.
    std::fs::write(&mark, b"5|").unwrap();
    make_mark(link.as_ref(), &place, Some(b"5|a\n"), false).await.unwrap();
    assert_eq!(std::fs::read(&mark).unwrap(), b"5|a\n");
}

#[tokio::test]
async fn a_file_appears_whole_and_its_mark_last() {
    let scratch = Scratch::new();
    let link = scratch.link();
    let config =
        DeliverConfig { temporary: true, done: Some(EndMark::of(".ok")), ..DeliverConfig::default() };
    std::fs::write(scratch.0.join("a.txt.part"), "left by an earlier try").unwrap();
    let mut delivery = Delivery::begin(&*link, &path("a.txt"), &config).await.unwrap();
    delivery.write(b"one ").await.unwrap();
    assert!(!scratch.0.join("a.txt").exists());
    delivery.write(b"two").await.unwrap();
    delivery.finish().await.unwrap();
    assert_eq!(std::fs::read(scratch.0.join("a.txt")).unwrap(), b"one two");
    let names: Vec<String> =
        link.list(&FilePath::root()).await.unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["a.txt", "a.txt.ok"]);
    let again = Delivery::begin(&*link, &path("a.txt"), &config).await.unwrap().finish().await.unwrap_err();
    assert_eq!((again.maybe_sent, again.error.fault), (false, FileFault::Exists));
    assert_eq!(std::fs::read(scratch.0.join("a.txt")).unwrap(), b"one two");
}

#[tokio::test]
async fn without_leave_nothing_of_a_file_is_to_be_seen() {
    let scratch = Scratch::new();
    let link = scratch.link();
    let held = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&held);
    let leave = Leave::asked(move || asked.load(Ordering::Relaxed));
    let config = DeliverConfig {
        temporary: true,
        done: Some(EndMark::of(".ok")),
        leave: leave.clone(),
        ..DeliverConfig::default()
    };
    let mut delivery = Delivery::begin(&*link, &path("a.txt"), &config).await.unwrap();
    delivery.write(b"one").await.unwrap();
    held.store(false, Ordering::Relaxed);
    let late = delivery.finish().await.unwrap_err();
    assert!(
        !late.maybe_sent
            && matches!(&late.error.fault, FileFault::Link(cause) if cause.kind == CauseKind::NoLeave)
    );
    let direct = DeliverConfig { leave, ..DeliverConfig::default() };
    assert!(!Delivery::begin(&*link, &path("b.txt"), &direct).await.unwrap_err().maybe_sent);
    let names: Vec<String> =
        link.list(&FilePath::root()).await.unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["a.txt.part"]);
    // Who has leave begins anew.
    held.store(true, Ordering::Relaxed);
    let mut again = Delivery::begin(&*link, &path("a.txt"), &config).await.unwrap();
    again.write(b"two").await.unwrap();
    again.finish().await.unwrap();
    assert_eq!(std::fs::read(scratch.0.join("a.txt")).unwrap(), b"two");
}

#[tokio::test]
async fn files_are_found_once_when_their_mark_is_there_and_moved_after() {
    let scratch = Scratch::new();
    let link = scratch.link();
    link.make_folder(&path("done")).await.unwrap();
    let config = WatchConfig {
        folder: FilePath::root(),
        complete: Complete::Marked(EndMark::of(".ok")),
        after: After::Move(path("done")),
    };
    let filter = Arc::new(|name: &str| name.ends_with(".txt"));
    let mut watch = Watch::new(link.clone(), config, filter);
    std::fs::write(scratch.0.join("early.txt"), "no mark").unwrap();
    deliver(&*link, "a.txt", &["a"]).await;
    deliver(&*link, "b.dat", &["not ours"]).await;
    let found = watch.look(Mark(0)).await.unwrap();
    assert_eq!(found.iter().map(|found| found.entry.name.as_str()).collect::<Vec<_>>(), ["a.txt"]);
    assert!(watch.look(Mark(0)).await.unwrap().is_empty());
    watch.again(&found[0]);
    assert_eq!(watch.look(Mark(0)).await.unwrap(), found);
    watch.taken(&found[0]).await.unwrap();
    watch.taken(&found[0]).await.unwrap();
    assert!(scratch.0.join("done/a.txt").exists());
    assert!(!scratch.0.join("a.txt.ok").exists());
}

/// The mark goes before the file: where the file stays, as in a folder to which it cannot be moved, no mark says of the next file
/// of that name that it is whole.
#[tokio::test]
async fn a_mark_does_not_outlive_its_file_and_what_stays_goes_at_another_look() {
    let scratch = Scratch::new();
    let link = scratch.link();
    let config = WatchConfig {
        folder: FilePath::root(),
        complete: Complete::Marked(EndMark::of(".ok")),
        after: After::Move(path("done")),
    };
    let mut watch = Watch::new(link.clone(), config, Arc::new(|name: &str| name.ends_with(".txt")));
    deliver(&*link, "a.txt", &["a"]).await;
    let found = watch.look(Mark(0)).await.unwrap();
    // A file where the folder would be.
    std::fs::write(scratch.0.join("done"), "no folder").unwrap();
    assert!(watch.taken(&found[0]).await.is_err());
    assert!(scratch.0.join("a.txt").exists() && !scratch.0.join("a.txt.ok").exists());
    watch.again(&found[0]);
    assert!(watch.look(Mark(0)).await.unwrap().is_empty());
    std::fs::remove_file(scratch.0.join("done")).unwrap();
    assert!(watch.look(Mark(0)).await.unwrap().is_empty());
    assert!(scratch.0.join("done/a.txt").exists() && !scratch.0.join("a.txt").exists());
    // Another of that name is not the one that was owed.
    std::fs::write(scratch.0.join("a.txt"), "only begun").unwrap();
    assert!(watch.look(Mark(0)).await.unwrap().is_empty());
    assert!(scratch.0.join("a.txt").exists());
}

/// A stop, or a folder that is watched anew, forgets what was owed: the file without its mark is told when it stands still, and goes
/// if it was taken.
#[tokio::test]
async fn a_file_whose_mark_is_gone_is_told_once_when_it_stands_still() {
    let scratch = Scratch::new();
    let link = scratch.link();
    let config = WatchConfig {
        folder: FilePath::root(),
        complete: Complete::Marked(EndMark::of(".ok")),
        after: After::Move(path("done")),
    };
    let anew = || Watch::new(link.clone(), config.clone(), Arc::new(|name: &str| name.ends_with(".txt")));
    let mut watch = anew();
    deliver(&*link, "a.txt", &["a"]).await;
    let found = watch.look(Mark(0)).await.unwrap();
    std::fs::write(scratch.0.join("done"), "no folder").unwrap();
    assert!(watch.taken(&found[0]).await.is_err());
    std::fs::remove_file(scratch.0.join("done")).unwrap();
    let mut watch = anew();
    let at = |seconds: u64| Mark(seconds * 1_000_000_000);
    for seconds in [0, 9] {
        assert!(watch.look(at(seconds)).await.unwrap().is_empty() && watch.left().is_empty());
    }
    deliver(&*link, "b.txt", &["marked"]).await;
    assert_eq!(watch.look(at(10)).await.unwrap().len(), 1);
    assert_eq!(watch.left(), found);
    assert!(watch.look(at(30)).await.unwrap().is_empty() && watch.left().is_empty());
    watch.taken(&found[0]).await.unwrap();
    assert!(scratch.0.join("done/a.txt").exists() && !scratch.0.join("a.txt").exists());
}

#[tokio::test]
async fn a_file_without_mark_must_stand_still() {
    let scratch = Scratch::new();
    let link = scratch.link();
    let config = WatchConfig {
        folder: FilePath::root(),
        complete: Complete::Still(Duration::from_secs(30)),
        after: After::Delete,
    };
    let mut watch = Watch::new(link, config, Arc::new(|_: &str| true));
    let at = |seconds: u64| Mark(seconds * 1_000_000_000);
    std::fs::write(scratch.0.join("grows"), "1").unwrap();
    assert!(watch.look(at(0)).await.unwrap().is_empty());
    std::fs::write(scratch.0.join("grows"), "12").unwrap();
    assert!(watch.look(at(20)).await.unwrap().is_empty());
    assert!(watch.look(at(40)).await.unwrap().is_empty());
    let found = watch.look(at(50)).await.unwrap();
    assert_eq!(found.len(), 1);
    watch.taken(&found[0]).await.unwrap();
    assert!(!scratch.0.join("grows").exists());
}

#[tokio::test]
async fn reading_goes_in_pieces_and_not_through_symbolic_links() {
    let scratch = Scratch::new();
    let link = scratch.link();
    std::fs::write(scratch.0.join("big"), vec![7; 1_000_000]).unwrap();
    let mut reader = link.open(&path("big")).await.unwrap();
    let mut total = 0;
    while let Some(piece) = reader.read().await.unwrap() {
        assert!(piece.len() <= 64 * 1024);
        total += piece.len();
    }
    assert_eq!(total, 1_000_000);
    std::os::unix::fs::symlink("/etc/passwd", scratch.0.join("link")).unwrap();
    assert!(link.open(&path("link")).await.is_err());
    assert_eq!(link.open(&path("none")).await.err().unwrap().fault, FileFault::NotFound);
}
