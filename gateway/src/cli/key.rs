//! `tongshi key`: the encrypted key store.
//!
//! Secrets come in by standard input or from files named on the command line, never as arguments: arguments are seen by
//! every user of the machine and stay in the shell's history. What is shown of a key is its check value.

use super::failure::{Failure, secret};
use super::{Exit, say, warn};
use adapters::keys::{KeyDescription, KeyFile, KeyText, Protection, import};
use adapters::seal::{KeyKind, PreparedKey};
use clap::{Args, Subcommand};
use std::io::Read;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Arguments of `tongshi key`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  TONGSHI_PASSPHRASE=… tongshi key create\n  tongshi key generate power.mmk tdes --bytes 16\n  tongshi key import zhima.platform rsa --pem platform_public.pem\n  tongshi key import campus.tmk tdes --components --check 08D7B4FB   (two lines of hex on standard input)\n  tongshi key list"
)]
pub(crate) struct Key {
    /// The key store
    #[arg(long, global = true, default_value = "var/keys.store")]
    store: PathBuf,
    /// Where the passphrase comes from: `env:NAME` or `file:PATH`
    #[arg(long, global = true, default_value = "env:TONGSHI_PASSPHRASE")]
    passphrase: String,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Makes an empty key store
    #[command(
        after_help = "Examples:\n  TONGSHI_PASSPHRASE=… tongshi key create\n  tongshi key create --store etc/keys.store --passphrase file:/run/secrets/passphrase"
    )]
    Create,
    /// Lists names, kinds, lengths and check values
    #[command(after_help = "Examples:\n  tongshi key list\n  tongshi key list --json")]
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// Draws a new key
    Generate(Generate),
    /// Takes a key that somebody delivered
    Import(Import),
    /// Draws a new version of a key; the old one goes on checking what comes in for a while
    #[command(
        after_help = "Examples:\n  tongshi key rotate zhima_credit.app\n  tongshi key rotate zhima_credit.app --overlap 72      the old version checks for three days"
    )]
    Rotate {
        /// Its name
        name: String,
        /// Hours for which the old version still checks
        #[arg(long, default_value_t = 24)]
        overlap: i64,
    },
    /// Removes a key with all its versions
    #[command(after_help = "Example:\n  tongshi key remove power_dongguan.mmk")]
    Remove {
        /// Its name
        name: String,
    },
    /// Prints the public half of a pair as PEM
    #[command(
        after_help = "Example:\n  tongshi key public zhima_credit.app > ours.pem      what the party is given"
    )]
    Public {
        /// Its name
        name: String,
    },
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi key generate power_dongguan.mmk tdes --bytes 16\n  tongshi key generate journal secret --bytes 32      seals the journal, as `store.key`\n  tongshi key generate zhima_credit.app rsa"
)]
struct Generate {
    /// Its name
    name: String,
    /// secret, des, tdes, aes, sm4, rsa, ec, sm2 or certificate
    kind: String,
    /// Octets of a symmetric key
    #[arg(long, default_value_t = 16)]
    bytes: usize,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi key import zhima_credit.platform rsa --pem platform_public.pem\n  tongshi key import campus_SZ000001.tmk tdes --components --check 08D7B4FB < components      two lines of hex\n  tongshi key import court_control.password secret --text < password"
)]
struct Import {
    /// Its name
    name: String,
    /// secret, des, tdes, aes, sm4, rsa, ec, sm2 or certificate
    kind: String,
    /// A PEM file; else standard input is read, hex or PEM
    #[arg(long)]
    pem: Option<PathBuf>,
    /// Standard input holds components in hex, one a line, typed by different people
    #[arg(long)]
    components: bool,
    /// Standard input is the text of the secret itself
    #[arg(long)]
    text: bool,
    /// The check value that came with it, in hex
    #[arg(long)]
    check: Option<String>,
}

type Outcome = Result<(), Failure>;

impl Key {
    pub(crate) fn run(&self) -> Exit {
        match self.act() {
            Ok(()) => Exit::Well,
            Err(failure) => {
                warn(&format!("tongshi key: {}", failure.text));
                failure.exit
            }
        }
    }

    fn act(&self) -> Outcome {
        let passphrase = secret(&self.passphrase)?;
        let protection = Protection::Passphrase(&passphrase);
        let mut random = |octets: &mut [u8]| draw(octets);
        if matches!(self.act, Act::Create) {
            if let Some(folder) = self.store.parent() {
                std::fs::create_dir_all(folder).map_err(Failure::machine)?;
            }
            KeyFile::create(&self.store, &protection, &mut random)?;
            say(&format!("{}: an empty key store", self.store.display()));
            return Ok(());
        }
        let mut file = KeyFile::open(&self.store, &protection)?;
        match &self.act {
            Act::Create => {}
            Act::List { json } => list(&file, *json),
            Act::Public { name } => say(file.public_half(name).map_err(Failure::not_so)?.trim_end()),
            Act::Generate(generate) => {
                let kind = kind(&generate.kind)?;
                let key =
                    PreparedKey::generate(kind, generate.bytes, &mut random).map_err(Failure::not_so)?;
                file.put(&generate.name, key, now()).map_err(Failure::not_so)?;
                self.keep(&file, &generate.name)?;
            }
            Act::Import(import) => {
                let key = import.key()?;
                file.put(&import.name, key, now()).map_err(Failure::not_so)?;
                self.keep(&file, &import.name)?;
            }
            Act::Rotate { name, overlap } => {
                let known = file.list().into_iter().find(|key| key.name == *name);
                let known = known.ok_or_else(|| Failure::not_so(format!("there is no key {name}")))?;
                let key = PreparedKey::generate(known.kind, known.bits / 8, &mut random)
                    .map_err(Failure::not_so)?;
                file.rotate(name, key, now(), now() + overlap * 3_600).map_err(Failure::not_so)?;
                self.keep(&file, name)?;
            }
            Act::Remove { name } => {
                file.remove(name).map_err(Failure::not_so)?;
                file.save(&protection, &mut random)?;
                say(&format!("{name}: removed"));
            }
        }
        Ok(())
    }

    fn keep(&self, file: &KeyFile, name: &str) -> Outcome {
        let passphrase = secret(&self.passphrase)?;
        let mut random = |octets: &mut [u8]| draw(octets);
        file.save(&Protection::Passphrase(&passphrase), &mut random)?;
        let check = file.list().into_iter().find(|key| key.name == name);
        if let Some(key) = check {
            say(&format!("{name}: {} of {} bits, check value {}", key.kind.name(), key.bits, key.check));
        }
        Ok(())
    }
}

impl Import {
    fn key(&self) -> Result<PreparedKey, Failure> {
        let kind = kind(&self.kind)?;
        let check = self.check.as_deref();
        if let Some(path) = &self.pem {
            let pem = std::fs::read_to_string(path)
                .map_err(|error| Failure::machine(format!("{}: {error}", path.display())))?;
            return import(kind, &KeyText::Pem(&pem), check).map_err(Failure::not_so);
        }
        let mut text = String::new();
        std::io::stdin().lock().take(64 * 1024).read_to_string(&mut text).map_err(Failure::machine)?;
        let text = text.trim_end_matches(['\r', '\n']);
        if self.components {
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            return import(kind, &KeyText::Components(&lines), check).map_err(Failure::not_so);
        }
        let text = match text {
            text if self.text => KeyText::Text(text),
            pem if pem.trim_start().starts_with("-----BEGIN") => KeyText::Pem(pem),
            hex => KeyText::Hex(hex),
        };
        import(kind, &text, check).map_err(Failure::not_so)
    }
}

fn kind(word: &str) -> Result<KeyKind, Failure> {
    KeyKind::ALL.iter().copied().find(|kind| kind.name() == word).ok_or_else(|| {
        let words: Vec<&str> = KeyKind::ALL.iter().map(|kind| kind.name()).collect();
        Failure::wrong_use(format!("there is no kind `{word}`; the kinds are {}", words.join(", ")))
    })
}

fn list(file: &KeyFile, json: bool) {
    let keys = file.list();
    if json {
        let rows: Vec<_> = keys
            .iter()
            .map(|key| {
                serde_json::json!({
                    "name": key.name, "kind": key.kind.name(), "bits": key.bits, "private": key.private,
                    "check": key.check.to_string(),
                })
            })
            .collect();
        say(&serde_json::Value::Array(rows).to_string());
        return;
    }
    let width = keys.iter().map(|key| key.name.len()).max().unwrap_or(4).max(4);
    say(&format!("{:width$}  kind    bits  half     check value", "name"));
    for KeyDescription { name, kind, bits, private, check } in &keys {
        let half = if *private { "private" } else { "public" };
        say(&format!("{name:width$}  {:6}  {bits:4}  {half:7}  {check}", kind.name()));
    }
    say(&format!("{} keys", keys.len()));
}

fn draw(octets: &mut [u8]) {
    #[expect(
        clippy::expect_used,
        reason = "without the system's randomness no key may be drawn: the process ends"
    )]
    getrandom::fill(octets).expect("the system's random source works");
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
