//! Differences on disk: a table for programs, a page for people. In: differences as they are found. Out: two files.

use crate::reconcile::{Difference, Found};
use conformance::report::escaped;
use dsl::value::{Date, Decimal};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows of the page; all of them stand in the table.
const ROWS: u64 = 5_000;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:80em;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}\
td.amount{text-align:right}.good{color:#0a6b2d}.bad{color:#b00020}\
.sign{display:flex;gap:4em;margin-top:4em}.sign div{flex:1;border-top:1px solid #222;padding-top:.3em}";

/// The files while they are written.
pub(super) struct Pages {
    folder: PathBuf,
    party: String,
    table: BufWriter<File>,
    rows: BufWriter<File>,
    count: u64,
}

impl Pages {
    pub(super) fn begin(folder: &Path, party: &str) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut table = create(&folder.join(format!("{party}.csv.part")))?;
        writeln!(table, "between,class,flow,key,journal,there,next_step")
            .map_err(|error| error.to_string())?;
        let rows = create(&folder.join(format!("{party}.rows.part")))?;
        Ok(Self { folder: folder.to_owned(), party: party.to_owned(), table, rows, count: 0 })
    }

    pub(super) fn append(&mut self, difference: &Difference) -> Result<(), String> {
        let Difference { kind, flow, key, ours, theirs } = difference;
        let flow = flow.map(|flow| flow.to_string()).unwrap_or_default();
        let (ours, theirs) = (text(*ours), text(*theirs));
        let cells = [kind.between(), kind.word(), &flow, key, &ours, &theirs, kind.next_step()];
        let line = cells.map(quoted).join(",");
        writeln!(self.table, "{line}").map_err(|error| error.to_string())?;
        self.count += 1;
        if self.count <= ROWS {
            let cells = cells.map(escaped);
            let [between, class, flow, key, ours, theirs, _] = &cells;
            writeln!(
                self.rows,
                "<tr><td>{between}<td>{class}<td>{flow}<td>{key}<td class=amount>{ours}<td class=amount>{theirs}"
            )
            .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Both files under their names, whole.
    pub(super) fn finish(mut self, day: Date, found: &Found) -> Result<[PathBuf; 2], String> {
        let words = |error: std::io::Error| error.to_string();
        self.table.flush().map_err(words)?;
        self.rows.flush().map_err(words)?;
        let part = |end: &str| self.folder.join(format!("{}.{end}.part", self.party));
        let whole = |end: &str| self.folder.join(format!("{}-{day}.{end}", self.party));
        let mut page = create(&part("html"))?;
        self.head(&mut page, day, found).map_err(words)?;
        std::io::copy(&mut File::open(part("rows")).map_err(words)?, &mut page).map_err(words)?;
        let more = match self.count.saturating_sub(ROWS) {
            0 => String::new(),
            more => format!(
                "<p>{more} more stand in the table ({}).",
                escaped(&whole("csv").display().to_string())
            ),
        };
        let sign = "<div class=sign><div>Compared by, date</div><div>Checked by, date</div></div></html>";
        writeln!(page, "</table>{more}{sign}").map_err(words)?;
        page.flush().map_err(words)?;
        std::fs::remove_file(part("rows")).map_err(words)?;
        for end in ["csv", "html"] {
            std::fs::rename(part(end), whole(end)).map_err(words)?;
        }
        Ok([whole("csv"), whole("html")])
    }

    fn head(&self, page: &mut impl Write, day: Date, found: &Found) -> std::io::Result<()> {
        let (party, differ) = (escaped(&self.party), found.differ());
        let (class, verdict) =
            if differ == 0 { ("good", "The books agree") } else { ("bad", "The books differ") };
        writeln!(
            page,
            "<!doctype html><html lang=en><meta charset=utf-8><title>{party} {day}</title><style>{STYLE}</style>\
             <h1>{party}, business date {day}</h1><p class={class}><strong>{verdict}</strong>: {differ} differences, {} flows agree",
            found.agreed
        )?;
        writeln!(page, "<table><tr><th>Books<th>Comparison<th>Ours<th>Theirs<th>Agree")?;
        let party = found.party.iter().map(|one| ("journal and party", one));
        for (books, one) in party.chain(found.core.iter().map(|one| ("journal and core", one))) {
            let counts = one.counts;
            let name = escaped(&one.name);
            writeln!(
                page,
                "<tr><td>{books}<td>{name}<td>{}<td>{}<td>{}",
                counts.ours, counts.theirs, counts.agreed
            )?;
        }
        writeln!(page, "</table><h2>Classes</h2><table><tr><th>Books<th>Class<th>Count<th>Next step")?;
        for (kind, count) in &found.differences {
            let (between, word, next) = (kind.between(), kind.word(), escaped(kind.next_step()));
            writeln!(page, "<tr><td>{between}<td>{word}<td>{count}<td>{next}")?;
        }
        writeln!(
            page,
            "</table><h2>Differences</h2><table><tr><th>Books<th>Class<th>Flow<th>Key<th>Journal, yuan<th>There, yuan"
        )
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, String> {
    File::create(path).map(BufWriter::new).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(amount: Option<Decimal>) -> String {
    amount.map(|amount| amount.to_string()).unwrap_or_default()
}

/// A cell of a table. What a spreadsheet would take for a formula is told apart by an apostrophe: keys come from outside.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '@', '\t', '\r'])
        || (cell.starts_with('-') && cell.parse::<f64>().is_err());
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_no_formula_and_no_second_cell() {
        let cells = ["S1", "a,b", "say \"a\"", "=1+1", "-12.00", "-A1"].map(quoted);
        assert_eq!(cells, ["S1", "\"a,b\"", "\"say \"\"a\"\"\"", "'=1+1", "-12.00", "'-A1"]);
    }
}
