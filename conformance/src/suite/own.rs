//! Cases that the runner makes itself, of what an adapter brings along: its examples, its document, its simulator.

use crate::examples::Shown;
use crate::interface::interface;
use crate::laws::{Specimen, first_variant, specimens_of};
use crate::party::Party;
use crate::report::{CaseResult, Difference, Point, StepResult};
use dsl::check::{Checked, Sources};
use dsl::document::{Sample, document};
use dsl::resolve::Choice;
use serde_json::Value;

/// A case of one step that either holds or says what does not.
fn case(name: &str, point: Point, what: &str, wrong: Option<(String, String)>) -> CaseResult {
    let mut case = CaseResult::new(name, point);
    let difference = wrong.map(|(expected, found)| Difference::of("", &expected, &found));
    let outcome = if difference.is_none() { "holds" } else { "does not hold" }.to_owned();
    case.suite = "what the adapter brings along".to_owned();
    case.take(StepResult { what: what.to_owned(), outcome, difference, ..StepResult::default() });
    case
}

/// Point 1: each example of the adapter, whose octets somebody else made, comes out exactly and is read back.
#[must_use]
pub fn example_cases(shown: &[Shown], module: &str) -> Vec<CaseResult> {
    let of_party = shown.iter().filter(|shown| *shown.party == *module);
    of_party
        .map(|shown| {
            let wrong = shown.wrong.clone().map(|wrong| ("the octets of the example".to_owned(), wrong));
            case(&format!("example: {}", shown.title), Point::Wire, "written and read", wrong)
        })
        .collect()
}

/// Point 7: the interface document is made, and names every message and field of the adapter.
#[must_use]
pub fn document_case(sources: &Sources, checked: &Checked, folder: &str) -> Option<CaseResult> {
    let mut modules = checked.model.modules.iter();
    let module = modules.find(|module| *module.folder == *folder && module.party.is_some())?;
    let samples =
        specimens_of(&checked.model, checked.compiled.as_ref()?, folder, &first_variant(sources, folder));
    let samples: Vec<Specimen> = samples.into_iter().filter(|specimen| specimen.case == 0).collect();
    let mut nameless = Vec::new();
    references(&interface(&checked.model, module, &sources.map, &Choice::new(), &samples), &mut nameless);
    let samples: Vec<Sample> = samples.iter().map(Specimen::sample).collect();
    let page = document(&checked.model, module, &sources.map, &[], &samples);
    let calls = module.calls.iter().map(|call| &call.name);
    let fields = module.messages.iter().flat_map(|message| &message.fields).map(|field| &field.name);
    let missing: Vec<&str> =
        calls.chain(fields).filter(|name| !page.contains(&***name)).map(|name| &**name).collect();
    let wrong = if !missing.is_empty() {
        let shown: Vec<&str> = missing.iter().take(8).copied().collect();
        Some(("every call and field on the page".to_owned(), format!("not there: {}", shown.join(", "))))
    } else if !nameless.is_empty() {
        nameless.truncate(8);
        Some(("every reference of the document for programs by its name".to_owned(), nameless.join(", ")))
    } else {
        None
    };
    let name = format!(
        "the interface document: {} messages, {} fields on {} KB of page, and for programs",
        module.messages.len(),
        module.messages.iter().map(|message| message.fields.len()).sum::<usize>(),
        page.len().div_ceil(1_024)
    );
    Some(case(&name, Point::Document, "made and looked through", wrong))
}

/// References of the document for programs that name nothing.
fn references(value: &Value, nameless: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let null = |name: &str| object.get(name).is_some_and(Value::is_null);
            if object.get("is").is_some_and(Value::is_string)
                && ["path", "name", "fact"].into_iter().any(null)
            {
                nameless.push(value.to_string());
            }
            object.values().for_each(|inner| references(inner, nameless));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, nameless)),
        _ => {}
    }
}

/// Point 6: a suite ran against this simulator, and afterwards its own books still hold and it failed nowhere.
#[must_use]
pub fn whole_case(what: &str, party: &Party) -> CaseResult {
    let broken = party.broken_rules().unwrap_or_else(|error| vec![error.to_string()]);
    let failed = Some(party.last_failure()).filter(|why| !why.is_empty());
    let found: Vec<String> = broken.into_iter().chain(failed).collect();
    let wrong = (!found.is_empty())
        .then(|| ("rules that hold, and no failure of the simulation".to_owned(), found.join("; ")));
    let name = format!("{what}: the simulated party's books hold afterwards");
    case(&name, Point::Conformance, "its rules asked", wrong)
}
