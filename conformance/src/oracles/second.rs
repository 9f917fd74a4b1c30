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

/// Why a second implementation judged nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// No Python, or a library that is not there: nothing is said of the party.
    Missing(String),
    /// It broke off, or what it said is no judgement.
    Failed(String),
}

/// How `judge.py` ends where a library is not there.
const LIBRARY_MISSING: i32 = 3;

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
/// See [`Unjudged`].
pub fn judge(
    python: &Path,
    implementation: &Path,
    specimens: &[Specimen],
) -> Result<BTreeMap<String, Judged>, Unjudged> {
    let failed = |error: &dyn std::fmt::Display| Unjudged::Failed(error.to_string());
    if specimens.is_empty() {
        return Err(Unjudged::Failed("no message of the party can be made up".to_owned()));
    }
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
        .map_err(|error| Unjudged::Missing(format!("{}: {error}", python.display())))?;
    let mut input = String::new();
    for specimen in specimens {
        input.push_str(&serde_json::to_string(specimen).map_err(|error| failed(&error))?);
        input.push('\n');
    }
    let into = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // It answers while it is told; whether it heard all shows in what it says.
        scope.spawn(move || into.map(|mut into| into.write_all(input.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(|error| failed(&error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.trim_end().lines().next_back().unwrap_or_default().to_owned();
        let why = format!("{} {}: {last}", python.display(), script.display());
        let missing = output.status.code() == Some(LIBRARY_MISSING);
        return Err(if missing { Unjudged::Missing(why) } else { Unjudged::Failed(why) });
    }
    let mut judged: BTreeMap<String, Judged> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Line =
            serde_json::from_str(line).map_err(|error| failed(&format!("{}: {error}", script.display())))?;
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

/// Cases of point 1: one for each message that was judged; none was: one that says why, and fails unless something is missing.
#[must_use]
pub fn cases(judged: &Result<BTreeMap<String, Judged>, Unjudged>) -> Vec<CaseResult> {
    let begun = |name: &str| {
        let mut case = CaseResult::new(name, Point::Wire);
        case.suite = "a second implementation".to_owned();
        case
    };
    match judged {
        Err(Unjudged::Failed(why)) => {
            let mut case = begun("a second implementation reads and writes the same");
            let difference = Some(Difference::of("", "a judgement of each message", why));
            let outcome = "broke off".to_owned();
            case.take(StepResult {
                what: "judge.py".to_owned(),
                outcome,
                difference,
                ..StepResult::default()
            });
            vec![case]
        }
        Err(Unjudged::Missing(why)) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(why: Unjudged) -> CaseResult {
        cases(&Err(why)).remove(0)
    }

    #[test]
    fn what_breaks_off_fails_and_what_is_missing_is_skipped() {
        let failed = broken(Unjudged::Failed("TypeError".to_owned()));
        assert!(!failed.passed && failed.skipped.is_none());
        assert!(broken(Unjudged::Missing("no Python".to_owned())).skipped.is_some());
        let implementation = Path::new("oracles/party.py");
        assert!(matches!(judge(Path::new("python3"), implementation, &[]), Err(Unjudged::Failed(_))));
    }
}
