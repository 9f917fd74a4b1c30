//! Sheets: lists too long for memory, on disk, row by row (decisions D12, D13).
//!
//! In: rows as octets, one after the other, written once. Out: any row by its number, as often as wanted; how many there
//! are. A sheet is durable as soon as it is finished, and never changes after. It is one file: the rows, where each of
//! them ends, how many there are; so that one name decides whether it is there. Rows are sealed as the journal's bodies
//! are. It must not know what a row means.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::Sealer;

/// Octets of an index entry, where the row ends; and of the count behind the last of them.
const ENTRY: u64 = 8;
/// Most octets of one row.
const ROW_MOST: u64 = 1 << 20;
/// What the name of a sheet's file ends with.
const SHEET: &str = ".sheet";
/// What the name of an unfinished file ends with.
const PART: &str = ".part";
/// Writers so far: two that write the same sheet side by side do not write into each other's files, and each has what it wrote.
static WRITERS: AtomicU64 = AtomicU64::new(0);

/// The folder where sheets and spooled files stand.
#[derive(Clone)]
pub struct Spool {
    folder: PathBuf,
    sealer: Arc<dyn Sealer>,
}

impl Spool {
    /// A spool below this folder; it is made with the first thing that is put there.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, sealer: Arc<dyn Sealer>) -> Self {
        Self { folder: folder.into(), sealer }
    }

    /// The place of a name in the spool.
    #[must_use]
    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the folder.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn make(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)
    }

    /// Begins a sheet; what an earlier try left under the name is written over.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn write(&self, name: &str) -> io::Result<SheetWriter> {
        self.make()?;
        let number = WRITERS.fetch_add(1, Ordering::Relaxed);
        let part = |end: &str| Part::begin(self.folder.join(format!("{name}.{end}.{number}{PART}")));
        let (rows, index) = (part("rows")?, part("index")?);
        Ok(SheetWriter { spool: self.clone(), name: name.to_owned(), rows, index, at: 0, count: 0 })
    }

    /// Removes what writers left that a stop ended: nobody goes on with it.
    ///
    /// # Errors
    /// When the folder cannot be looked at, or does not give a file up.
    pub fn sweep(&self) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(PART) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Opens a finished sheet.
    ///
    /// # Errors
    /// When it is not there, or its index does not fit its rows.
    pub fn read(&self, name: &str) -> io::Result<Sheet> {
        let file = File::open(self.folder.join(format!("{name}{SHEET}")))?;
        let behind = file.metadata()?.len().checked_sub(ENTRY).ok_or_else(|| damaged(name))?;
        let count = number_at(&file, behind)?;
        let index = count.checked_mul(ENTRY).and_then(|entries| behind.checked_sub(entries));
        let index = index.ok_or_else(|| damaged(name))?;
        let sheet = Sheet { name: name.to_owned(), file, index, count, sealer: Arc::clone(&self.sealer) };
        if sheet.end(count)? != index {
            return Err(damaged(name));
        }
        Ok(sheet)
    }

    /// Removes a finished sheet.
    ///
    /// # Errors
    /// When the folder does not give it up; what is gone already is no error.
    pub fn remove_sheet(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.folder.join(format!("{name}{SHEET}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Spool").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn damaged(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("sheet {name} is damaged: its index does not fit"))
}

/// A number of eight octets of a file.
fn number_at(file: &File, at: u64) -> io::Result<u64> {
    let mut number = [0; 8];
    file.read_exact_at(&mut number, at)?;
    Ok(u64::from_be_bytes(number))
}

/// A file that has no name of its own yet; it goes away where nobody gives it one.
struct Part {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Part {
    fn begin(path: PathBuf) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { path, file: BufWriter::new(file) })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed or swept already, or the next start sweeps it.
        drop(std::fs::remove_file(&self.path));
    }
}

/// A sheet that is being written: its rows, and where they end, which is put behind them.
pub struct SheetWriter {
    spool: Spool,
    name: String,
    rows: Part,
    index: Part,
    at: u64,
    count: u64,
}

impl SheetWriter {
    /// Appends a row.
    ///
    /// # Errors
    /// When the disk does not take it, or the row is longer than any may be.
    pub fn append(&mut self, row: &[u8]) -> io::Result<()> {
        let context = format!("sheet {} {}", self.name, self.count);
        let sealed = self.spool.sealer.seal(context.as_bytes(), row).map_err(io::Error::other)?;
        let length = sealed.len() as u64;
        if length > ROW_MOST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row longer than a sheet takes"));
        }
        self.rows.file.write_all(&sealed)?;
        self.at += length;
        self.index.file.write_all(&self.at.to_be_bytes())?;
        self.count += 1;
        Ok(())
    }

    /// Rows so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Makes it durable under its name, and gives what was written: under that name another may stand by now.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish(mut self) -> io::Result<Sheet> {
        self.close()?;
        self.rows.file.get_ref().sync_all()?;
        std::fs::rename(&self.rows.path, self.spool.folder.join(format!("{}{SHEET}", self.name)))?;
        sync_folder(&self.spool.folder)?;
        self.written()
    }

    /// Ends it without a name: it is there for who has it, and gone with him.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish_nameless(mut self) -> io::Result<Sheet> {
        self.close()?;
        self.written()
    }

    /// Puts the index behind the rows, and the count behind that.
    fn close(&mut self) -> io::Result<()> {
        self.index.file.flush()?;
        let ends = self.index.file.get_mut();
        ends.seek(SeekFrom::Start(0))?;
        io::copy(ends, &mut self.rows.file)?;
        self.rows.file.write_all(&self.count.to_be_bytes())?;
        self.rows.file.flush()
    }

    /// What was written, by the file itself.
    fn written(self) -> io::Result<Sheet> {
        let file = self.rows.file.get_ref().try_clone()?;
        let sealer = Arc::clone(&self.spool.sealer);
        Ok(Sheet { name: self.name, file, index: self.at, count: self.count, sealer })
    }
}

/// A name is durable only once its folder is.
///
/// # Errors
/// When the folder cannot be opened.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A finished sheet.
pub struct Sheet {
    name: String,
    file: File,
    /// Where the index begins.
    index: u64,
    count: u64,
    sealer: Arc<dyn Sealer>,
}

impl Sheet {
    /// The name that it was written under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Where the row before this number ends.
    fn end(&self, row: u64) -> io::Result<u64> {
        let Some(before) = row.checked_sub(1) else { return Ok(0) };
        number_at(&self.file, self.index + before * ENTRY)
    }

    /// A row by its number, from 0.
    ///
    /// # Errors
    /// When there is none, or the disk does not give it.
    pub fn row(&self, row: u64) -> io::Result<Vec<u8>> {
        if row >= self.count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (from, to) = (self.end(row)?, self.end(row + 1)?);
        let length = to.checked_sub(from).filter(|length| *length <= ROW_MOST);
        let length = length.and_then(|length| usize::try_from(length).ok());
        let mut sealed = vec![0; length.ok_or_else(|| damaged(&self.name))?];
        self.file.read_exact_at(&mut sealed, from)?;
        let context = format!("sheet {} {row}", self.name);
        self.sealer.open(context.as_bytes(), &sealed).map_err(io::Error::other)
    }
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sheet")
            .field("name", &self.name)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Clear;

    #[test]
    fn rows_come_back_by_number_and_after_a_new_start() {
        let folder = std::env::temp_dir().join(format!("tongshi-sheet-{}", std::process::id()));
        let spool = Spool::new(&folder, Arc::new(Clear));
        let mut writer = spool.write("batch-7").unwrap();
        for number in 0..1_000_u32 {
            writer.append(format!("row {number}").repeat(number as usize % 5).as_bytes()).unwrap();
        }
        let sheet = writer.finish().unwrap();
        assert_eq!(sheet.count(), 1_000);
        let again = spool.read("batch-7").unwrap();
        for number in [0_u64, 1, 4, 999] {
            let expected = format!("row {number}").repeat(usize::try_from(number).unwrap() % 5);
            assert_eq!(again.row(number).unwrap(), expected.as_bytes());
        }
        assert!(again.row(1_000).is_err());
        spool.remove_sheet("batch-7").unwrap();
        spool.remove_sheet("batch-7").unwrap();
        assert!(spool.read("batch-7").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_unfinished_sheet_is_not_there_and_a_cut_one_is_named() {
        let folder = std::env::temp_dir().join(format!("tongshi-sheet-cut-{}", std::process::id()));
        let spool = Spool::new(&folder, Arc::new(Clear));
        let mut writer = spool.write("a").unwrap();
        writer.append(b"one").unwrap();
        drop(writer);
        assert!(spool.read("a").is_err());
        let mut writer = spool.write("a").unwrap();
        writer.append(b"one").unwrap();
        writer.append(b"two").unwrap();
        drop(writer.finish().unwrap());
        assert_eq!(names(&folder), ["a.sheet"]);
        for cut in [29, 21, 12, 4] {
            OpenOptions::new().write(true).open(folder.join("a.sheet")).unwrap().set_len(cut).unwrap();
            assert_eq!(spool.read("a").unwrap_err().kind(), io::ErrorKind::InvalidData, "{cut}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        std::fs::read_dir(folder).unwrap().map(name).collect()
    }

    /// The same sheet may be gathered twice side by side, with other rows: whoever wrote it reads what he wrote.
    #[test]
    fn two_that_write_one_sheet_each_have_their_own() {
        let folder = std::env::temp_dir().join(format!("tongshi-sheet-two-{}", std::process::id()));
        let spool = Spool::new(&folder, Arc::new(Clear));
        let mut first = spool.write("a").unwrap();
        let mut second = spool.write("a").unwrap();
        first.append(b"one").unwrap();
        second.append(b"another").unwrap();
        second.append(b"and one more").unwrap();
        std::thread::scope(|scope| {
            // One that goes on renaming: who opened by name would now and then have this one's.
            let turns = scope.spawn(|| {
                for _ in 0..40 {
                    let mut other = spool.write("a").unwrap();
                    other.append(b"other").unwrap();
                    assert_eq!(other.finish().unwrap().row(0).unwrap(), b"other");
                }
            });
            for _ in 0..40 {
                let mut own = spool.write("a").unwrap();
                own.append(b"own").unwrap();
                assert_eq!(own.finish().unwrap().row(0).unwrap(), b"own");
            }
            turns.join().unwrap();
        });
        let (first, second) = (first.finish().unwrap(), second.finish().unwrap());
        assert_eq!((first.count(), second.count()), (1, 2));
        assert_eq!(first.row(0).unwrap(), b"one");
        assert_eq!(second.row(1).unwrap(), b"and one more");
        assert_eq!(spool.read("a").unwrap().row(0).unwrap(), b"another");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_sheet_without_a_name_is_read_and_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("tongshi-sheet-nameless-{}", std::process::id()));
        let spool = Spool::new(&folder, Arc::new(Clear));
        let mut writer = spool.write("a").unwrap();
        writer.append(b"one").unwrap();
        let sheet = writer.finish_nameless().unwrap();
        assert_eq!(names(&folder), Vec::<String>::new());
        assert_eq!((sheet.count(), sheet.row(0).unwrap()), (1, b"one".to_vec()));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_a_stop_left_unfinished_is_swept_and_what_is_finished_stays() {
        let folder = std::env::temp_dir().join(format!("tongshi-sheet-swept-{}", std::process::id()));
        let spool = Spool::new(&folder, Arc::new(Clear));
        spool.sweep().unwrap();
        let mut writer = spool.write("a").unwrap();
        writer.append(b"one").unwrap();
        drop(writer.finish().unwrap());
        std::mem::forget(spool.write("b").unwrap());
        assert_eq!(names(&folder).len(), 3);
        spool.sweep().unwrap();
        assert_eq!(names(&folder), ["a.sheet"]);
        assert_eq!(spool.read("a").unwrap().row(0).unwrap(), b"one");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
