//! Random work on the parser, in a form that runs on the stable compiler and in every test run.
//!
//! In: the kept texts (`corpus/`, the cases, the adapters) and mutations of them, drawn from a fixed seed. Out: nothing,
//! or the text that made the parser panic, lie about a place, or work longer than the text allows. A short run is
//! bounded by a number of texts; `TONGSHI_FUZZ_SECONDS=3600 cargo test -p dsl --release --test fuzz` runs that long from
//! the clock's seed and keeps each text that fails under `corpus/found-…`.

#![expect(clippy::unwrap_used, reason = "a text that cannot be read fails the test")]

use dsl::format::format;
use dsl::parse::{parse, parse_expression, steps};
use dsl::source::FileId;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Texts of a short run.
const SHORT: usize = 1_500;
/// Steps of the parser for a byte of text, at most, and for an empty text.
const STEPS: (u64, u64) = (60, 1_000);
/// Longest text that is made; longer ones only cost time.
const LONGEST: usize = 20_000;
/// What stands where something else stood, or between.
const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "\"",
    "'",
    "`",
    "{ask.",
    "}\"",
    "\\",
    "\\u{",
    ",",
    ".",
    "..",
    "=",
    "<-",
    "->",
    "<->",
    "<=",
    "==",
    "//",
    "///",
    "\n",
    "\n\n",
    "\t",
    "\r\n",
    " ",
    ";",
    "0",
    "00",
    "1_000",
    "9999999999999999999999999999999",
    "2026-02-30",
    "24:00",
    "10ms",
    "5d",
    "电",
    "，",
    "\u{0}",
    "\u{FEFF}",
    "call c {\n",
    "request \"1\" {\n",
    "party p {\n",
    "flow f on a.b {\n",
    "codes c digits 1 {\n",
    "choose x {\n",
    "list ..9 of ",
    "else refuse ",
    "other",
    "not ",
    "is ",
    "in (",
    " where ",
    "except a, b",
    "xml ",
    "fixed {",
    "only when ",
    "module m\n",
    "use ",
    "until cut_over",
    "every 1s up to 3 times",
    "coded gbk, hex",
    "when a else b",
    "example \"e\" of c {\n",
    "hex \"0\"",
];

/// A small generator, so that a run is the same everywhere (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % (end.max(1) as u64)).unwrap()
    }

    fn piece(&mut self) -> &'static str {
        PIECES[self.below(PIECES.len())]
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// All kept texts: seeds, cases, adapters.
fn kept() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let mut folders = vec![root().join("corpus"), root().join("cases"), root().join("../../configs")];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "tongshi") {
                texts.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    texts
}

/// What is wrong with what the parser makes of a text.
fn wrong(text: &str) -> Option<String> {
    let owned = text.to_owned();
    let looked = catch_unwind(move || {
        let (file, problems) = parse(FileId(0), &owned);
        for one in &problems {
            let span = one.primary.span;
            if span.start > span.end || owned.get(span.range()).is_none() {
                return Some(format!("{} is marked at no place of the text: {span:?}", one.code));
            }
        }
        for item in &file.items {
            if owned.get(item.span.range()).is_none() {
                return Some(format!("an item stands at no place of the text: {:?}", item.span));
            }
        }
        let most = STEPS.0 * owned.len() as u64 + STEPS.1;
        let steps = steps(&owned);
        if steps > most {
            return Some(format!("{steps} steps for {} bytes", owned.len()));
        }
        let _ = parse_expression(FileId(0), owned.lines().next().unwrap_or(""));
        match format(&owned) {
            Ok(once) if format(&once).as_ref() != Ok(&once) => {
                Some("formatted twice it is another text".to_owned())
            }
            _ => None,
        }
    });
    looked.unwrap_or_else(|_| Some("a panic".to_owned()))
}

/// One text changed in a few places, or joined with a part of another.
fn mutated(dice: &mut Dice, texts: &[(String, String)]) -> String {
    let mut text: Vec<char> = texts[dice.below(texts.len())].1.chars().collect();
    for _ in 0..=dice.below(6) {
        let at = dice.below(text.len() + 1);
        let until = (at + dice.below(40)).min(text.len());
        match dice.below(6) {
            0 => drop(text.drain(at..until)),
            1 => drop(text.splice(at..at, dice.piece().chars())),
            2 => drop(text.splice(at..until, dice.piece().chars())),
            3 => {
                let again: Vec<char> = text[at..until].to_vec();
                let times = dice.below(30);
                drop(text.splice(until..until, again.iter().copied().cycle().take(again.len() * times)));
            }
            4 => {
                let other: Vec<char> = texts[dice.below(texts.len())].1.chars().collect();
                let from = dice.below(other.len() + 1);
                let to = (from + dice.below(200)).min(other.len());
                drop(text.splice(at..at, other[from..to].iter().copied()));
            }
            _ => text.truncate(at),
        }
        text.truncate(LONGEST);
    }
    text.into_iter().collect()
}

#[test]
fn kept_texts_are_read() {
    for (path, text) in kept() {
        assert_eq!(wrong(&text), None, "{path}");
    }
}

/// Texts that an enemy would choose, as long as is wanted: what opens and never closes, what closes and was never open,
/// what cannot be told from its beginning.
const HOSTILE: &[&str] = &[
    "{",
    "}",
    "(",
    "\"{ask.",
    "call c {\n",
    "choose x {\n  \"1\" {\n",
    "a.b <- if(not c, ",
    "`",
    "// 电\n",
    "field text ..9 chars <- ask.x else refuse y \"label\", ",
];

fn hostile(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

/// Ten times the text is ten times the work, up to ten files as long as a file may be: ten megabytes in all.
#[test]
fn ten_megabytes_of_hostile_text_take_linear_work() {
    let longest = dsl::parse::FILE_BYTES_MAX;
    let mut bytes = 0;
    for piece in HOSTILE {
        let (short, long) = (hostile(piece, longest / 10), hostile(piece, longest));
        let (few, many) = (steps(&short), steps(&long));
        assert!(many <= few * 11, "{piece:?}: {few} steps for {}, {many} for {}", short.len(), long.len());
        assert!(many <= STEPS.0 * long.len() as u64, "{piece:?}: {many} steps for {} bytes", long.len());
        let (_, few) = parse(FileId(0), &short);
        let (_, many) = parse(FileId(0), &long);
        assert!(
            many.len() <= few.len().max(1) * 11,
            "{piece:?}: {} findings, then {}",
            few.len(),
            many.len()
        );
        bytes += long.len();
    }
    assert!(bytes > 9_990_000, "{bytes}");
    let whole: String = HOSTILE.iter().map(|piece| hostile(piece, longest)).collect();
    assert_eq!(steps(&whole), 1, "a file that is too long is not begun");
}

#[test]
fn changed_texts_are_read() {
    let seconds: Option<u64> = std::env::var("TONGSHI_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut dice = Dice(seconds.map_or(0x5EED, |_| since.as_secs() | 1));
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let texts = kept();
    let mut made = 0;
    while (seconds.is_none() && made < SHORT) || (seconds.is_some() && Instant::now() < end) {
        let text = mutated(&mut dice, &texts);
        made += 1;
        let Some(what) = wrong(&text) else { continue };
        if seconds.is_some() {
            fs::write(root().join(format!("corpus/found-{}-{made}.tongshi", since.as_secs())), &text)
                .unwrap();
        }
        panic!("{what} in text {made}:\n{text}");
    }
    println!("{made} texts");
}
