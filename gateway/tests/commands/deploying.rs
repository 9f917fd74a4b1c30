//! A deployment as `tongshi run` takes it: compared, started, taken anew; and what a command says of secrets that are not there.

use super::{out, scratch, told};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A bank that greets.
const BANK: &str = r#"module bank

service greet query "问候" {
  ask {
    name  text ..10 chars
  }
  answer {
    text  text ..30 chars
  }
}

flow greet on bank.greet {
  answer {
    text  <- "hello {ask.name}"
  }
}
"#;

const PASSPHRASE: &str = "a test passphrase";

/// A folder with the bank's adapter and a key store.
fn house(name: &str) -> PathBuf {
    let folder = scratch(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(folder.join("configs/bank")).unwrap();
    std::fs::write(folder.join("configs/bank/bank.tongshi"), BANK).unwrap();
    let made = tongshi(&folder, &["key", "create"], Some(PASSPHRASE)).output().unwrap();
    assert!(made.status.success(), "{}", told(&made));
    folder
}

/// A command in a folder, with a passphrase or none.
fn tongshi(folder: &Path, arguments: &[&str], passphrase: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env_remove("TONGSHI_PASSPHRASE").env_remove("TONGSHI_TOKEN");
    if let Some(passphrase) = passphrase {
        command.env("TONGSHI_PASSPHRASE", passphrase);
    }
    command
}

fn ended(folder: &Path, arguments: &[&str], passphrase: Option<&str>) -> Output {
    tongshi(folder, arguments, passphrase).output().unwrap()
}

/// Writes the deployment: a line of each setting, so that lines can be counted.
fn deploy(folder: &Path, keys: &str, listeners: &str) {
    let text = format!(
        "store: {{ path: journal.db }}\nkeys: {keys}\nspool: spool\nlisteners: {listeners}\nparties: {{}}\n"
    );
    std::fs::write(folder.join("gateway.yaml"), text).unwrap();
}

const KEYS: &str = "{ path: var/keys.store }";
const APART: &str = "{ channels: '127.0.0.1:0' }";

/// A gateway that runs until the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn two_listeners_at_one_address_are_refused_before_the_start_at_the_start_and_at_a_reload() {
    let folder = house("listening");
    let same = "{ channels: '127.0.0.1:8080', admin: '127.0.0.1:8080' }";
    deploy(&folder, KEYS, same);
    let compared = ended(&folder, &["run", "gateway.yaml", "--check"], None);
    let words = told(&compared);
    assert_eq!(compared.status.code(), Some(1), "{words}");
    assert!(words.starts_with("gateway.yaml:4:"), "{words}");
    assert!(
        words.contains("`listeners.admin` listens at `127.0.0.1:8080`, and `listeners.channels`, line 4,"),
        "{words}"
    );
    let started = ended(&folder, &["run", "gateway.yaml"], Some(PASSPHRASE));
    assert_eq!((started.status.code(), told(&started)), (Some(1), words.clone()));

    deploy(&folder, KEYS, APART);
    let mut command = tongshi(&folder, &["run", "gateway.yaml"], Some(PASSPHRASE));
    let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut said = BufReader::new(running.0.stdout.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().starts_with("Channels ask at "));
    deploy(&folder, KEYS, same);
    let hung = Command::new("kill").args(["-HUP", &running.0.id().to_string()]).status().unwrap();
    assert!(hung.success());
    let mut warned = BufReader::new(running.0.stderr.take().unwrap()).lines();
    assert_eq!(warned.next().unwrap().unwrap(), format!("nothing was changed: {}", words.trim_end()));
    assert!(running.0.try_wait().unwrap().is_none(), "it goes on");
}

/// It is warned of with its place, never shown, and nobody is refused for it.
#[test]
fn a_secret_in_the_deployment_is_warned_of() {
    let folder = house("in-clear");
    deploy(&folder, &format!("{{ path: var/keys.store, passphrase: '{PASSPHRASE}' }}"), APART);
    let compared = ended(&folder, &["run", "gateway.yaml", "--check"], None);
    let words = told(&compared);
    assert_eq!((compared.status.code(), words.lines().count()), (Some(0), 1), "{words}");
    assert!(words.starts_with("gateway.yaml:2:") && words.contains("warning: `keys.passphrase`"), "{words}");
    assert!(
        words.contains("env:NAME") && words.contains("file:PATH") && !words.contains(PASSPHRASE),
        "{words}"
    );
    let mut command = tongshi(&folder, &["run", "gateway.yaml"], None);
    let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut warned = BufReader::new(running.0.stderr.take().unwrap()).lines();
    assert_eq!(warned.next().unwrap().unwrap(), words.trim_end());
    let mut said = BufReader::new(running.0.stdout.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().starts_with("Channels ask at "));
    drop(running);

    deploy(&folder, "{ path: var/keys.store, passphrase: 'env:TONGSHI_PASSPHRASE' }", APART);
    let compared = ended(&folder, &["run", "gateway.yaml", "--check"], None);
    assert_eq!((compared.status.code(), told(&compared)), (Some(0), String::new()));
}

/// As the help has it: 2 for a secret that is not set, too short or not the right one; 1 for a deployment that is none.
#[test]
fn the_exit_code_says_whose_fault_it_is() {
    let folder = house("codes");
    deploy(&folder, KEYS, APART);
    for command in
        [&["key", "list"][..], &["key", "create", "--store", "other.store"], &["run", "gateway.yaml"]]
    {
        for (passphrase, why) in
            [(None, "TONGSHI_PASSPHRASE is not set"), (Some("short"), "at least 12 bytes")]
        {
            let output = ended(&folder, command, passphrase);
            assert_eq!(output.status.code(), Some(2), "{command:?}: {}{}", out(&output), told(&output));
            assert!(told(&output).contains(why), "{command:?}: {}", told(&output));
        }
    }
    let wrong = ended(&folder, &["key", "list"], Some("another passphrase"));
    assert!(wrong.status.code() == Some(2) && told(&wrong).contains("not the right one"), "{}", told(&wrong));
    for command in [["parked", "list"], ["parameter", "list"]] {
        let output = ended(&folder, &command, None);
        assert!(
            output.status.code() == Some(2) && told(&output).contains("TONGSHI_TOKEN"),
            "{}",
            told(&output)
        );
    }
    let away = ended(&folder, &["run", "nowhere.yaml"], Some(PASSPHRASE));
    assert_eq!(away.status.code(), Some(3), "{}", told(&away));
    deploy(&folder, KEYS, "{ channels: '127.0.0.1:0', chanels: '127.0.0.1:0' }");
    let none = ended(&folder, &["run", "gateway.yaml", "--check"], None);
    assert!(none.status.code() == Some(1) && told(&none).contains("gateway.yaml:4:"), "{}", told(&none));
}
