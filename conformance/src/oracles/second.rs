//! A party's second implementation, in Python, as a judge of messages that we made up.
//!
//! In: specimens and the folder of the implementations. Out: for each message that the implementation knows, how many
//! specimens it read to the same values and wrote to the same octets, and the first that it did not. It must not know how
//! specimens are made.

use crate::laws::Specimen;
use crate::report::{CaseResult, Difference, Point, StepResult};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What came of one message.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Specimens that both agree on.
    pub agreed: usize,
    /// Those among them whose XML was held to a schema.
    pub by_schema: usize,
    /// The first that they do not.
    pub wrong: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    message: String,
    case: usize,
    wrong: Option<String>,
    #[serde(default)]
    schema: bool,
}

/// The second implementation of a party, if it has one: its module's file.
#[must_use]
pub fn implementation(oracles: &Path, party: &str) -> Option<PathBuf> {
    let file = oracles.join(format!("{}.py", party.replace('-', "_")));
    file.is_file().then_some(file)
}

/// Lets it judge.
///
/// # Errors
/// In words: no Python, a library that is not there, an answer that is none.
pub fn judge(
    python: &Path,
    implementation: &Path,
    specimens: &[Specimen],
) -> Result<BTreeMap<String, Judged>, String> {
    let script = implementation.with_file_name("judge.py");
    let module = implementation.file_stem().unwrap_or_default();
    let mut child = Command::new(python)
        .arg(&script)
        .arg(module)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", python.display()))?;
    let mut input = String::new();
    for specimen in specimens {
        input.push_str(&serde_json::to_string(specimen).map_err(|error| error.to_string())?);
        input.push('\n');
    }
    let into = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // It answers while it is told; whether it heard all shows in what it says.
        scope.spawn(move || into.map(|mut into| into.write_all(input.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.trim_end().lines().next_back().unwrap_or_default().to_owned();
        return Err(format!("{} {}: {last}", python.display(), script.display()));
    }
    let mut judged: BTreeMap<String, Judged> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Line =
            serde_json::from_str(line).map_err(|error| format!("{}: {error}", script.display()))?;
        let message = judged.entry(line.message).or_default();
        match line.wrong {
            None => {
                message.agreed += 1;
                message.by_schema += usize::from(line.schema);
            }
            Some(why) => drop(message.wrong.get_or_insert(format!("case {}: {why}", line.case))),
        }
    }
    Ok(judged)
}

/// Cases of point 1: one for each message that was judged; none could be judged: one that says why.
#[must_use]
pub fn cases(judged: &Result<BTreeMap<String, Judged>, String>) -> Vec<CaseResult> {
    let begun = |name: &str| {
        let mut case = CaseResult::new(name, Point::Wire);
        case.suite = "a second implementation".to_owned();
        case
    };
    match judged {
        Err(why) => {
            let mut case = begun("a second implementation reads and writes the same");
            case.skipped = Some(format!("{why}; conformance/oracles/prepare.sh installs what it needs"));
            vec![case]
        }
        Ok(judged) => judged
            .iter()
            .map(|(message, judged)| {
                let mut case = begun(&format!(
                    "{message}: a second implementation reads and writes the same, {} made up",
                    judged.agreed
                ));
                let difference = judged.wrong.as_ref().map(|why| Difference::of("", "the same", why));
                let outcome = if difference.is_none() { "agrees" } else { "differs" }.to_owned();
                case.take(StepResult { what: message.clone(), outcome, difference, ..StepResult::default() });
                case
            })
            .collect(),
    }
}
