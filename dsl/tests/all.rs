//! Cases as data: a wrong text and all that is said about it; and that pages, cases and the compiler's own codes agree.
//!
//! A case is `cases/TSnnnn/NAME.tongshi`, or a folder `cases/TSnnnn/NAME/` of several such files; a folder in it is a
//! folder of its own under `configs/` (another party, another bank). Beside it stands `NAME.out`, the whole rendered
//! text. `TONGSHI_BLESS=1 cargo test -p dsl --test all` writes the `.out` files anew, and `page.tongshi` of each code
//! from the register. The case must give the code of its folder; those in `cases/good` (syntax alone) and
//! `cases/sound` give nothing, and have no `.out`.
//!
//! A comment line `//^ 3-7` demands that a finding on the line above it is marked from column 3 to column 7: the place
//! where the fault was planted.
//!
//! So that a case needs only a few lines of a party, what it does not bring comes from `prelude/`: the bank's module; a
//! party, where no `party` or `module` stands in it; a line with its packet and codes, where no `link` stands in it; a
//! core host, where a `flow` stands in it; a module of codings, where a `use` does. Cases of syntax (`TS01nn`) are checked further only where the syntax is right.

#![expect(clippy::unwrap_used, reason = "a case that cannot be read fails its test")]

#[path = "flows/corpus.rs"]
mod corpus;

use dsl::check::{Sources, Text, check};
use dsl::diagnostics::register::{Page, page, pages};
use dsl::diagnostics::{Code, Colour, Diagnostic, Severity, render_all};
use dsl::resolve::Choices;
use dsl::source::{FileId, Place, SourceMap};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder that the files of a case belong to.
const CASE: &str = "case";
const PRELUDE: [(&str, &str, &str); 5] = [
    ("bank", "prelude/bank.tongshi", include_str!("prelude/bank.tongshi")),
    (CASE, "prelude/party.tongshi", include_str!("prelude/party.tongshi")),
    (CASE, "prelude/line.tongshi", include_str!("prelude/line.tongshi")),
    ("core", "prelude/core.tongshi", include_str!("prelude/core.tongshi")),
    ("shared", "prelude/shared.tongshi", include_str!("prelude/shared.tongshi")),
];

/// Codes of what only running messages shows: the conformance kit gives them, and its tests hold their pages to it.
const ELSEWHERE: [u16; 2] = [436, 437];

/// What is asked of the compiler.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Syntax,
    SyntaxFirst,
    Whole,
}

impl Depth {
    fn of(folder: &str) -> Self {
        match folder {
            "good" => Self::Syntax,
            _ if folder.starts_with("TS01") => Self::SyntaxFirst,
            _ => Self::Whole,
        }
    }
}

fn text(folder: &str, path: &str, text: &str) -> Text {
    Text { folder: folder.into(), path: path.into(), text: text.into() }
}

/// A case with all that it does not bring itself.
fn framed(mut own: Vec<Text>) -> Vec<Text> {
    let begins = |own: &[Text], word: &str| {
        own.iter().filter(|one| &*one.folder == CASE).any(|one| {
            one.text.lines().any(|line| line.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')))
        })
    };
    let brings = |own: &[Text], folder: &str| own.iter().any(|one| &*one.folder == folder);
    let module = begins(&own, "module");
    let wanted = [
        !brings(&own, "bank"),
        !begins(&own, "party") && !module && !own.iter().any(|one| one.text.contains("// without a party")),
        !begins(&own, "link") && !module,
        begins(&own, "flow") && !brings(&own, "core"),
        begins(&own, "use"),
    ];
    for ((folder, path, content), _) in PRELUDE.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
        own.push(text(folder, path, content));
    }
    own
}

/// All that is said about the files of a case.
fn judged(own: Vec<Text>, depth: Depth) -> (SourceMap, Vec<Diagnostic>) {
    let syntax = Sources::parse(own.iter().cloned());
    if depth == Depth::Syntax || (depth == Depth::SyntaxFirst && !syntax.problems.is_empty()) {
        return (syntax.map, syntax.problems);
    }
    let sources = Sources::parse(framed(own));
    let found = check(&sources, &Choices::new()).problems;
    (sources.map, found)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn blessing() -> bool {
    std::env::var_os("TONGSHI_BLESS").is_some()
}

fn is_case(path: &Path) -> bool {
    path.is_dir() || path.extension().is_some_and(|ending| ending == "tongshi")
}

/// The files of a case by their folders.
fn files(case: &Path) -> Vec<Text> {
    let read =
        |folder: &str, path: &Path, shown: String| text(folder, &shown, &fs::read_to_string(path).unwrap());
    if !case.is_dir() {
        return vec![read(CASE, case, name(case))];
    }
    let mut own = Vec::new();
    for path in listed(case) {
        if path.is_dir() {
            let folder = name(&path);
            own.extend(
                listed(&path).iter().map(|file| read(&folder, file, format!("{folder}/{}", name(file)))),
            );
        } else {
            own.push(read(CASE, &path, name(&path)));
        }
    }
    own
}

#[test]
fn every_case_says_what_it_should() {
    pages_into_cases();
    let mut wrong = Vec::new();
    let mut count = 0;
    for folder in listed(&root()) {
        for case in listed(&folder).into_iter().filter(|path| is_case(path)) {
            count += 1;
            wrong.extend(judge(&folder, &case));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 200, "only {count} cases were found");
}

/// Pages whose bad example the compiler refuses. One in brackets is too long to keep.
fn with_cases() -> impl Iterator<Item = &'static Page> {
    pages().filter(|page| !page.bad.starts_with('(') && !ELSEWHERE.contains(&page.code.0))
}

/// `page.tongshi` of each code is the bad example of its page, and the marks.
fn pages_into_cases() {
    for page in with_cases() {
        let folder = root().join(page.code.to_string());
        let file = folder.join("page.tongshi");
        let kept = fs::read_to_string(&file).unwrap_or_default();
        let kept: String =
            kept.split_inclusive('\n').filter(|line| !line.trim().starts_with("//^ ")).collect();
        if kept != page.bad && blessing() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, page.bad).unwrap();
        } else {
            assert_eq!(kept, page.bad, "{}", file.display());
        }
    }
}

/// What is wrong with a case.
fn judge(folder: &Path, case: &Path) -> Vec<String> {
    let (sources, found) = judged(files(case), Depth::of(&name(folder)));
    let mut wrong = Vec::new();
    if matches!(&*name(folder), "good" | "sound") {
        if !found.is_empty() {
            wrong.push(format!("{}: {}", case.display(), render_all(&sources, &found, Colour::Plain)));
        }
        return wrong;
    }
    if !found.iter().any(|one| one.code.to_string() == name(folder)) {
        wrong.push(format!("{}: no finding has the code of its folder", case.display()));
    }
    wrong.extend(marks(&sources, &found).into_iter().map(|what| format!("{}: {what}", case.display())));
    let text = render_all(&sources, &found, Colour::Plain);
    let expected = case.with_extension("out");
    if blessing() {
        fs::write(&expected, &text).unwrap();
    } else if fs::read_to_string(&expected).unwrap_or_default() != text {
        wrong.push(format!("{}: something else is said now:\n{text}", case.display()));
    }
    wrong
}

/// Planted faults that no finding marks.
fn marks(sources: &SourceMap, found: &[Diagnostic]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, file) in sources.files() {
        for line in 2..=file.line_count() {
            let Some(mark) = file.line(line).trim().strip_prefix("//^ ") else { continue };
            let (from, to) = mark.split_once('-').unwrap();
            let (from, to): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
            let marked = |one: &Diagnostic| covers(sources, id, one, line - 1) == Some((from, to));
            if !found.iter().any(marked) {
                wrong.push(format!("no finding on line {} is marked from {from} to {to}", line - 1));
            }
        }
    }
    wrong
}

/// The columns that a finding marks on a line.
fn covers(sources: &SourceMap, id: FileId, one: &Diagnostic, line: u32) -> Option<(u32, u32)> {
    let span = one.primary.span;
    let file = sources.file(id).filter(|_| span.file == id)?;
    let (start, end) = (file.place(span.start), file.place(span.end));
    let inside = start.line == line && end.line == line;
    inside.then(|| (start.column, Place { column: end.column - 1, ..end }.column.max(start.column)))
}

#[test]
fn the_good_example_of_every_page_is_sound() {
    let mut wrong = Vec::new();
    for page in pages().filter(|page| page.code.0 >= 200) {
        let (sources, mut found) = judged(vec![text(CASE, "good.tongshi", page.good)], Depth::Whole);
        // A form that makes no difference yet is sound all the same.
        found.retain(|one| one.code.0 != 903);
        if !found.is_empty() {
            wrong.push(format!("{}: {}", page.code, render_all(&sources, &found, Colour::Plain)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes that stand in the compiler's own text.
fn used() -> BTreeSet<u16> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut used = BTreeSet::new();
    let check = [source.join("check"), source.join("check.rs")];
    let mut folders = vec![source.join("resolve"), source.join("resolve.rs")];
    folders.extend(check.clone());
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(listed(&path));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        used.extend(text.split("\"TS").skip(1).filter_map(|rest| rest.get(..4)?.parse::<u16>().ok()));
        if check.iter().any(|check| path.starts_with(check)) {
            used.extend(text.split('(').filter_map(|rest| rest.get(..3)?.parse::<u16>().ok()));
        }
    }
    used
}

#[test]
fn every_code_has_a_page_and_every_page_a_case() {
    let known: BTreeSet<u16> = pages().map(|page| page.code.0).collect();
    let used = used();
    let without: Vec<&u16> = used.difference(&known).collect();
    assert!(without.is_empty(), "codes without a page: {without:?}");
    let idle = known.iter().filter(|code| **code >= 200 && !used.contains(code) && !ELSEWHERE.contains(code));
    let idle: Vec<&u16> = idle.collect();
    assert!(idle.is_empty(), "pages of codes that nothing gives: {idle:?}");
    assert!(with_cases().count() > 180, "only {} codes have cases", with_cases().count());
    for page in with_cases() {
        let folder = root().join(page.code.to_string());
        assert!(
            folder.is_dir() && listed(&folder).iter().any(|path| is_case(path)),
            "{}: no case",
            page.code
        );
    }
    for folder in listed(&root()).iter().map(|path| name(path)).filter(|name| name.starts_with("TS")) {
        let code: u16 = folder.trim_start_matches("TS").parse().unwrap();
        assert!(known.contains(&code), "{folder}: a case without a page");
    }
}

/// A message that comes again is refused, also where nobody names the reason.
#[test]
fn what_is_unseen_needs_no_word_for_its_refusal() {
    let good = page(Code(666)).unwrap().good;
    let short = good.replace(" else refuse bad_message", "");
    assert!(short != good && !short.contains("bad_message"));
    let sources = Sources::parse(framed(vec![text(CASE, "short.tongshi", &short)]));
    let checked = check(&sources, &Choices::new());
    assert!(checked.problems.is_empty(), "{}", render_all(&sources.map, &checked.problems, Colour::Plain));
    let compiled = checked.compiled.unwrap();
    let unseen = compiled.modules.iter().flat_map(|module| &module.calls).flat_map(|call| &call.unseen);
    let reasons: Vec<&str> = unseen.map(|(_, _, reason)| compiled.symbols.text(*reason)).collect();
    assert_eq!(reasons, ["bad_message"]);
}

/// What the checker refuses of the repository's own adapters is a fault of one of the two.
#[test]
fn the_adapters_of_the_repository_have_no_errors() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let mut texts = Vec::new();
    for folder in listed(&configs).into_iter().filter(|path| path.is_dir()) {
        for file in
            listed(&folder).iter().filter(|path| path.extension().is_some_and(|ending| ending == "tongshi"))
        {
            let shown = format!("configs/{}/{}", name(&folder), name(file));
            texts.push(text(&name(&folder), &shown, &fs::read_to_string(file).unwrap()));
        }
    }
    let sources = Sources::parse(texts);
    let mut found = check(&sources, &Choices::new()).problems;
    found.retain(|one| one.severity == Severity::Error);
    assert!(found.is_empty(), "{}", render_all(&sources.map, &found, Colour::Plain));
}

/// A sample of the reference with the frame that its mark asks for.
fn sample(mark: &str, body: &str) -> String {
    match mark {
        "request" => format!(
            "call sample provides bank.pay_bill {{\n  once     exchange.serial\n  unknown  park\n  request \"7001\" \
             {{\n{body}  }}\n}}\n"
        ),
        "reply" => format!(
            "call sample provides bank.query_bill {{\n  request \"7001\"\n  reply \"7002\" {{\n{body}  }}\n}}\n"
        ),
        "flow" => format!("flow sample on bank.debit {{\n{body}}}\n"),
        _ => body.to_owned(),
    }
}

/// Each sample of the reference compiles.
#[test]
fn the_samples_of_the_reference_compile() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for part in include_str!("../README.md").split("\n```tongshi").skip(1) {
        let (mark, rest) = part.split_once('\n').unwrap();
        let body = rest.split("```").next().unwrap();
        count += 1;
        let shown = sample(mark.trim(), body);
        let (sources, mut found) = judged(vec![text(CASE, "README.md", &shown)], Depth::Whole);
        found.retain(|one| one.severity == Severity::Error);
        if !found.is_empty() {
            wrong.push(format!("{shown}\n{}", render_all(&sources, &found, Colour::Plain)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 15, "only {count} samples were found");
}
