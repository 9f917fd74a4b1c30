//! A number for the checker: other sources of what decides whether adapters are sound, another one. `tongshi check` believes what
//! was found before only where this number is the same.
//!
//! In: the sources of the crates that decide, the lock file, the compiler. Out: `TONGSHI_CHECKER` for the crate.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What decides: more than need be, so that nothing is forgotten.
const DECIDES: [&str; 7] = [
    "dsl",
    "adapters",
    "conformance/src",
    "gateway/src/cli/check.rs",
    "gateway/src/cli/check",
    "Cargo.toml",
    "Cargo.lock",
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs")];
    for place in DECIDES {
        println!("cargo:rerun-if-changed={}", root.join(place).display());
        collect(&root.join(place), &mut files)?;
    }
    files.sort();
    // Two numbers of 64 bits, told apart by what is taken in first.
    let mut numbers = [DefaultHasher::new(), DefaultHasher::new()];
    for (place, number) in numbers.iter_mut().enumerate() {
        place.hash(number);
        for name in ["TARGET", "PROFILE", "OPT_LEVEL", "DEBUG", "CARGO_ENCODED_RUSTFLAGS"] {
            env::var_os(name).hash(number);
        }
    }
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("-vV").output()?.stdout;
    numbers.iter_mut().for_each(|number| version.hash(number));
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        let octets = fs::read(file)?;
        let path = file.strip_prefix(&root).unwrap_or(file);
        numbers.iter_mut().for_each(|number| (path, &octets).hash(number));
    }
    let [one, other] = numbers.map(|number| number.finish());
    println!("cargo:rustc-env=TONGSHI_CHECKER={one:016x}{other:016x}");
    Ok(())
}

/// All files of a folder and those in it, or the file itself. What tests alone read, and what is built, decides nothing.
fn collect(place: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.starts_with('.') || matches!(name, "tests" | "target") {
        return Ok(());
    }
    if !place.is_dir() {
        files.push(place.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(place)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
