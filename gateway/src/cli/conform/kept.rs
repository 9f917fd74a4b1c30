//! What a party's suites came to, as a file: parties run one by one, in processes of their own, make one table.
//!
//! In: the report of a party, a folder. Out: [`CameTo`], written to `PARTY.json` there and read again. It must not know how
//! cases run.

use conformance::report::{Point, Report};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a party's suites came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CameTo {
    /// The party's folder.
    pub(super) party: String,
    /// A digest of the adapters that it was run with.
    adapters: String,
    /// Passed and run cases, by the number of the point of "works".
    points: BTreeMap<u8, (usize, usize)>,
}

impl CameTo {
    /// Of a report, made with these adapters.
    pub(super) fn of(report: &Report, adapters: &str) -> Self {
        let points = report.by_point().into_iter().map(|(point, cases)| (point.number(), cases));
        Self { party: report.party.clone(), adapters: adapters.to_owned(), points: points.collect() }
    }

    /// Passed and run cases, by point.
    pub(super) fn by_point(&self) -> BTreeMap<Point, (usize, usize)> {
        let of = |point: &Point| Some((*point, *self.points.get(&point.number())?));
        Point::ALL.iter().filter_map(of).collect()
    }

    /// Whether cases ran, and all of them passed.
    pub(super) fn is_good(&self) -> bool {
        let all = || self.points.values();
        all().any(|(_, run)| *run > 0) && all().all(|(passed, run)| passed == run)
    }

    /// Writes it, whole or not at all.
    pub(super) fn keep(&self, folder: &Path) -> Result<(), String> {
        let path = file(folder, &self.party);
        let words = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        std::fs::create_dir_all(folder).map_err(|error| words(&error))?;
        let text = serde_json::to_string_pretty(self).map_err(|error| words(&error))?;
        let new = path.with_extension("new");
        std::fs::write(&new, text).map_err(|error| words(&error))?;
        std::fs::rename(&new, &path).map_err(|error| words(&error))
    }

    /// What was kept of a party; none where nothing was, or adapters are not any more what they were.
    pub(super) fn kept(folder: &Path, party: &str, adapters: &str) -> Result<Option<Self>, String> {
        let path = file(folder, party);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let kept: Self =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(kept).filter(|kept| kept.adapters == adapters && kept.party == party))
    }
}

fn file(folder: &Path, party: &str) -> PathBuf {
    folder.join(format!("{party}.json"))
}

#[cfg(test)]
mod tests {
    use super::CameTo;
    use conformance::report::Point;

    #[test]
    fn what_was_kept_counts_while_no_adapter_changes() {
        let folder = std::env::temp_dir().join(format!("came-to-{}", std::process::id()));
        let points = [(1, (3, 3)), (3, (7, 7))].into();
        let one = CameTo { party: "coupon".to_owned(), adapters: "a1".to_owned(), points };
        one.keep(&folder).unwrap();
        assert_eq!(CameTo::kept(&folder, "coupon", "a1").unwrap(), Some(one.clone()));
        assert_eq!(CameTo::kept(&folder, "coupon", "b2").unwrap(), None);
        assert_eq!(CameTo::kept(&folder, "cinema", "a1").unwrap(), None);
        assert!(one.is_good());
        assert_eq!(one.by_point().get(&Point::Business), Some(&(7, 7)));
        let bad = CameTo { points: [(1, (2, 3))].into(), ..one.clone() };
        assert!(!bad.is_good());
        assert!(!CameTo { points: [(1, (0, 0))].into(), ..one }.is_good());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
