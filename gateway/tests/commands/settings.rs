//! The table of a deployment's settings in `configs/README.md` has every setting that the reader of deployments takes, and no
//! other. Which they are the reader says itself: of a block with a name that nobody knows it tells the names that it expects.

use super::root;
use engine::Deployment;
use engine::deployment::{ByRoute, FenceScript};
use std::collections::{BTreeSet, VecDeque};

/// A name that no setting has.
const UNKNOWN: &str = "zz_";

/// One step of a path into a deployment.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    Setting(String),
    /// A name that the deployment gives.
    Name,
    Item,
}

/// The text with a block at the end of the path in which one setting is unknown.
fn probe(path: &[Step]) -> String {
    let block = format!("{{ {UNKNOWN}: 1 }}");
    path.iter().rev().fold(block, |inner, step| match step {
        Step::Setting(name) => format!("{{ {name}: {inner} }}"),
        Step::Name => format!("{{ NAME: {inner} }}"),
        Step::Item => format!("[ {inner} ]"),
    })
}

/// The settings that a fault says would have been known.
fn expected(fault: &str) -> Option<Vec<String>> {
    let (_, rest) = fault.split_once(&format!("unknown field `{UNKNOWN}`, expected "))?;
    let line = rest.lines().next()?;
    let line = line.strip_prefix("one of ").unwrap_or(line);
    let names = line.split([',', ' ']).map(|name| name.trim_matches('`'));
    Some(
        names
            .take_while(|name| *name != "at")
            .filter(|name| !name.is_empty() && *name != "or")
            .map(str::to_owned)
            .collect(),
    )
}

/// The settings of the block at a path, or of each block that stands there under a name or in a list.
fn block(path: &[Step]) -> Option<(Vec<Step>, Vec<String>)> {
    let inner = [None, Some(Step::Name), Some(Step::Item)];
    inner.into_iter().find_map(|step| {
        let path = [path, step.as_slice()].concat();
        let fault = Deployment::parse(&probe(&path)).err()?;
        expected(&fault.text).map(|settings| (path, settings))
    })
}

fn written(path: &[Step], setting: &str) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Setting(name) => text += &format!("{name}."),
            Step::Name => text += "NAME.",
            Step::Item => text = format!("{}[].", text.trim_end_matches('.')),
        }
    }
    text + setting
}

/// Every setting; a block that stands in several places, as that of TLS does, where it stands first.
fn settings() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut seen: Vec<Vec<String>> = Vec::new();
    let mut left = VecDeque::from([Vec::new()]);
    while let Some(path) = left.pop_front() {
        let Some((path, settings)) = block(&path) else { continue };
        if seen.contains(&settings) {
            continue;
        }
        for setting in &settings {
            all.insert(written(&path, setting));
            left.push_back([&path[..], &[Step::Setting(setting.clone())]].concat());
        }
        seen.push(settings);
    }
    // A route is a name or a block, and the reader of the two does not say what the block may have.
    let route = serde_yaml::from_str::<ByRoute>(&probe(&[])).unwrap_err().to_string();
    all.extend(expected(&route).unwrap().iter().map(|setting| format!("routes.NAME.{setting}")));
    // Nor does that of a fence, which is a word or a block.
    let fence = serde_yaml::from_str::<FenceScript>(&probe(&[])).unwrap_err().to_string();
    all.extend(expected(&fence).unwrap().iter().map(|setting| format!("store.postgres.fence.{setting}")));
    all
}

#[test]
fn the_table_of_settings_is_that_of_the_reader() {
    let page = std::fs::read_to_string(root().join("configs/README.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let table: BTreeSet<String> = rows.map(|(setting, _)| setting.to_owned()).collect();
    let known = settings();
    assert!(known.len() > 80, "{known:?}");
    let missing: Vec<&String> = known.difference(&table).collect();
    let idle: Vec<&String> = table.difference(&known).collect();
    assert!(missing.is_empty() && idle.is_empty(), "not in the table: {missing:?}; no setting: {idle:?}");
}
