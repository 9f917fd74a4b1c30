//! `tongshi` as a user runs it: the commands of the README with what it says that they print, and packets there and back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing that is wrong")]

#[path = "commands/deploying.rs"]
mod deploying;
#[path = "commands/known.rs"]
mod known;
#[path = "commands/settings.rs"]
mod settings;
#[path = "commands/torture.rs"]
mod torture;

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The key of the packets under `configs/power-dongguan/samples`.
const MAK: &str = "session.mak=0123456789ABCDEFFEDCBA9876543210";
const POWER: [&str; 4] = [
    "setting.bank_code=0402",
    "setting.area=31900",
    "setting.mac_algorithm=x9_19",
    "setting.connections=held",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A file of this run alone.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn tongshi(arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.args(arguments).current_dir(root()).env("TONGSHI_CACHE", scratch("cache"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that wants no input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// With what the power company's packets were made with.
fn power<'a>(command: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = command.to_vec();
    for set in POWER.iter().chain([&MAK]) {
        arguments.extend(["--set", set]);
    }
    arguments
}

/// A packet that another program made.
fn sample(name: &str) -> Vec<u8> {
    let path = root().join("configs/power-dongguan/samples").join(format!("power_{name}.json"));
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let hex = json["output"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let figures: String = text.split_whitespace().collect();
    (0..figures.len()).step_by(2).map(|at| u8::from_str_radix(&figures[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn one_adapter_is_checked_with_what_it_needs_of_the_others() {
    let checked = tongshi(&["check", "configs/power-dongguan", "--json"], b"");
    let seen: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!((&seen["adapters"], &seen["errors"]), (&Value::from(1), &Value::from(Vec::<Value>::new())));
    let elsewhere = |one: &Value| !one["file"].as_str().unwrap().starts_with("configs/power-dongguan/");
    assert!(!seen["warnings"].as_array().unwrap().iter().any(elsewhere), "{seen:#}");
    assert!(seen["round_trips"].as_u64().unwrap() > 100, "{seen:#}");
    assert_eq!(checked.status.code(), Some(0));
}

#[test]
fn a_folder_without_adapters_is_not_well() {
    let folder = scratch("nothing");
    std::fs::create_dir_all(&folder).unwrap();
    let checked = tongshi(&["check", folder.to_str().unwrap()], b"");
    assert_eq!(checked.status.code(), Some(3), "{}", out(&checked));
    assert!(told(&checked).contains("no adapter"), "{}", told(&checked));
}

/// The head of an adapter alone is well formed, and nothing of it was tried.
#[test]
fn an_adapter_without_a_call_is_told_to_have_nothing_to_check() {
    let folder = scratch("head");
    std::fs::create_dir_all(folder.join("my-party")).unwrap();
    std::fs::write(
        folder.join("my-party/party.tongshi"),
        "party my_party \"水务公司\" {\n  charset  gbk\n}\n",
    )
    .unwrap();
    let checked = tongshi(&["check", folder.to_str().unwrap()], b"");
    let said = out(&checked);
    assert_eq!(checked.status.code(), Some(0), "{said}{}", told(&checked));
    assert!(said.contains("Nothing was found to check") && !said.contains("All is well"), "{said}");
}

/// A flow of the bank's own stands or falls with what the party promises: it is walked with the party's folder.
#[test]
fn flows_of_the_bank_that_ask_an_adapter_are_walked_with_it() {
    let configs = scratch("promises");
    drop(std::fs::remove_dir_all(&configs));
    let texts = root().join("dsl/tests");
    let read = |name: &str| std::fs::read_to_string(texts.join(name)).unwrap();
    let case = read("flows/unsafe/11_refund_for_unknown.tongshi");
    let (calls, flow) = case.split_at(case.find("\nflow").unwrap());
    for (path, text) in [
        ("bank/services.tongshi", read("prelude/bank.tongshi").as_str()),
        ("bank/flow.tongshi", flow),
        ("grid/party.tongshi", read("prelude/party.tongshi").as_str()),
        ("grid/line.tongshi", read("prelude/line.tongshi").as_str()),
        ("grid/calls.tongshi", calls),
    ] {
        let path = configs.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let of = |folder: &Path| tongshi(&["check", folder.to_str().unwrap(), "--json"], b"");
    let errors = |output: Output| -> Vec<String> {
        let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
        seen["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let (whole, one) = (errors(of(&configs)), errors(of(&configs.join("grid"))));
    assert_eq!(whole, ["TS0728"]);
    assert_eq!(one, whole);
}

#[test]
fn a_packet_is_decoded_and_encoded_again() {
    for name in ["query_1001", "query_1002", "query_1002_refused", "pay_1003", "pay_1004", "enquire_1007"] {
        let packet = sample(name);
        let decoded = tongshi(&power(&["decode", "power-dongguan", "-", "--json"]), &packet);
        assert_eq!(decoded.status.code(), Some(0), "{name}: {}{}", out(&decoded), told(&decoded));
        let seen: Value = serde_json::from_slice(&decoded.stdout).unwrap();
        let message = seen["message"].as_str().unwrap();
        assert_eq!(
            seen["judged"].as_array().unwrap().iter().find(|one| one["what"] == "seal").unwrap()["verdict"],
            "right"
        );
        let fields = tongshi(&power(&["decode", "power-dongguan", "-", "--fields", "--private"]), &packet);
        let written = tongshi(&power(&["encode", "power-dongguan", message, "-"]), &fields.stdout);
        assert_eq!(told(&written), "", "{name}");
        assert_eq!(written.stdout, packet, "{name}");
        let hex = tongshi(&power(&["encode", "power-dongguan", message, "-", "--hex"]), &fields.stdout);
        assert_eq!(unhex(&out(&hex)), packet, "{name}");
        let again = tongshi(&power(&["decode", "power-dongguan", "--hex", "-", "--json"]), &hex.stdout);
        assert_eq!(again.stdout, decoded.stdout, "{name}");
    }
}

#[test]
fn fields_are_named_in_yaml_and_the_rest_is_computed() {
    let yaml = b"head:\n  serial: \"20261123000000000101\"\nbody:\n  customer: \"0319000000001\"\n";
    let exchange = [
        "branch=0101",
        "teller=EB0001",
        "channel=mobile_bank",
        "date=2026-11-23",
        "time=13:45:01",
        "business_date=2026-11-23",
    ];
    let sets: Vec<String> = exchange.iter().map(|one| format!("exchange.{one}")).collect();
    let mut command = power(&["encode", "power-dongguan", "query_bill", "-", "--json", "--least"]);
    for set in &sets {
        command.extend(["--set", set]);
    }
    let written = tongshi(&command, yaml);
    assert_eq!(written.status.code(), Some(0), "{}", told(&written));
    let object: Value = serde_json::from_slice(&written.stdout).unwrap();
    assert_eq!(object["message"], "query_bill.request");
    let octets = unhex(object["hex"].as_str().unwrap());
    assert_eq!(octets.len() as u64, object["octets"].as_u64().unwrap());
    let seen = tongshi(&power(&["decode", "power-dongguan", "-"]), &octets);
    assert_eq!(seen.status.code(), Some(0), "{}", out(&seen));
    assert!(out(&seen).contains("seal right"), "{}", out(&seen));
    assert!(out(&seen).contains("0319000000001"), "{}", out(&seen));
}

#[test]
fn private_values_are_masked_unless_they_are_asked_for() {
    let packet = sample("pay_1003");
    let seen: Value = serde_json::from_slice(
        &tongshi(&power(&["decode", "power-dongguan", "-", "--json", "--private"]), &packet).stdout,
    )
    .unwrap();
    let private = seen["places"].as_array().unwrap().iter().find(|place| place["private"] == true).unwrap();
    let mut value = &seen["fields"];
    for name in private["path"].as_str().unwrap().split('.') {
        value = &value[name];
    }
    let value = value.as_str().unwrap().trim();
    assert!(value.len() > 8, "{value}");
    for form in [&["--json"][..], &["--fields"], &[]] {
        let command = power(&[&["decode", "power-dongguan", "-"], form].concat());
        assert!(!out(&tongshi(&command, &packet)).contains(value), "{form:?}");
    }
}

#[test]
fn a_spoiled_packet_is_shown_and_the_exit_code_says_so() {
    let mut packet = sample("pay_1003");
    let last = packet.len() - 1;
    packet[last] = if packet[last] == b'0' { b'1' } else { b'0' };
    let seen = tongshi(&power(&["decode", "power-dongguan", "-"]), &packet);
    assert_eq!(seen.status.code(), Some(1));
    assert!(out(&seen).contains("seal wrong"), "{}", out(&seen));
    let cut = tongshi(&power(&["decode", "power-dongguan", "-"]), &packet[..100]);
    assert_eq!(cut.status.code(), Some(1), "{}", out(&cut));
    let lost = tongshi(&["decode", "power-dongguann", "-"], &packet);
    assert_eq!(lost.status.code(), Some(2), "{}", told(&lost));
    let wrong = tongshi(&["encode", "power-dongguan", "pya"], b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(told(&wrong).contains("did you mean `pay.request`?"), "{}", told(&wrong));
    let wrong = tongshi(&power(&["encode", "power-dongguan", "pay", "-"]), b"body: { custmer: \"1\" }");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(told(&wrong).contains("did you mean `customer`?"), "{}", told(&wrong));
}

/// A capture of one connection, octet by octet: what one side sends, then the other.
fn pcap(pieces: &[(bool, Vec<u8>)]) -> Vec<u8> {
    let mut octets =
        vec![0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];
    let mut sent = [1_u32, 1];
    let mut segment = |ours: bool, flags: u8, data: &[u8]| {
        let ports = if ours { [40_000_u16, 9_001] } else { [9_001, 40_000] };
        let hosts = if ours { [10, 0, 0, 1, 10, 0, 0, 2] } else { [10, 0, 0, 2, 10, 0, 0, 1] };
        let length = u16::try_from(40 + data.len()).unwrap();
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
        packet.extend(hosts);
        packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        packet.extend((sent[usize::from(!ours)] - u32::from(flags & 2 != 0)).to_be_bytes());
        packet.extend([0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0]);
        packet.extend(data);
        sent[usize::from(!ours)] += u32::try_from(data.len()).unwrap();
        octets.extend([0; 8]);
        octets.extend(u32::from(length).to_le_bytes());
        octets.extend(u32::from(length).to_le_bytes());
        octets.extend(packet);
    };
    segment(true, 0x02, b"");
    segment(false, 0x12, b"");
    for (ours, piece) in pieces {
        // Packets do not keep to segments.
        for part in piece.chunks(100) {
            segment(*ours, 0x18, part);
        }
    }
    octets
}

#[test]
fn a_capture_is_taken_apart_by_connections() {
    let talk = [
        (true, sample("query_1001")),
        (false, sample("query_1002")),
        (true, [sample("pay_1003"), sample("enquire_1007")].concat()),
        (false, sample("pay_1004")),
    ];
    let path = scratch("talk.pcap");
    std::fs::write(&path, pcap(&talk)).unwrap();
    let path = path.to_str().unwrap();
    let seen = tongshi(&power(&["decode", "power-dongguan", path, "--port", "9001", "--json"]), b"");
    let objects: Vec<Value> = out(&seen).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut names: Vec<&str> = objects.iter().map(|one| one["message"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["enquire.request", "pay.reply", "pay.request", "query_bill.reply", "query_bill.request"],
        "{}",
        told(&seen)
    );
    assert_eq!(objects[0]["way"], "10.0.0.1:40000 → 10.0.0.2:9001");
    assert!(objects.iter().all(|one| one["fault"].is_null()));
    assert_eq!(seen.status.code(), Some(0), "{}", told(&seen));
    let none = tongshi(&power(&["decode", "power-dongguan", path, "--port", "9002"]), b"");
    assert_eq!((none.status.code(), out(&none).as_str()), (Some(1), ""));
    let one = tongshi(&power(&["decode", "power-dongguan", path, "--message", "pay.reply", "--json"]), b"");
    assert!(out(&one).contains("\"pay.reply\"") && !out(&one).contains("\"pay.request\""), "{}", out(&one));
}

#[test]
fn a_file_is_known_by_its_name() {
    let file = "configs/batch-collection/samples/DS_4400000001_20240315_0001.txt";
    let sets = [
        "unit.name=4400000001",
        "unit.layout=delimited",
        "unit.account=3600000000000000001",
        "unit.sealed=no",
    ];
    let mut command = vec!["decode", "batch-collection", file, "--private"];
    for set in sets {
        command.extend(["--set", set]);
    }
    let seen = tongshi(&command, b"");
    assert_eq!(seen.status.code(), Some(0), "{}{}", out(&seen), told(&seen));
    assert!(out(&seen).contains("batch_delimited.request"), "{}", out(&seen));
    command.push("--fields");
    let fields = tongshi(&command, b"");
    let mut command = vec!["encode", "batch-collection", "batch_delimited", "-"];
    for set in sets {
        command.extend(["--set", set]);
    }
    let written = tongshi(&command, &fields.stdout);
    let octets = std::fs::read(root().join(file)).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&written.stdout),
        String::from_utf8_lossy(&octets),
        "{}",
        told(&written)
    );
    assert_eq!(told(&written), "the file is named DS_4400000001_20240315_0001.txt\n");
}

#[test]
fn help_has_examples() {
    let mut commands = vec![Vec::new()];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        let help = out(&tongshi(&[&command[..], &["--help".to_owned()]].concat(), b""));
        if !command.is_empty() {
            let examples = help.split_once("\nExample").map_or("", |(_, examples)| examples);
            assert!(examples.lines().any(|line| is_of(line, &command)), "{command:?}: {help}");
            seen += 1;
        }
        commands.extend(subcommands(&help).map(|name| [&command[..], &[name.to_owned()]].concat()));
    }
    assert!(seen > 30, "{seen} commands were seen");
}

/// Whether a line is this command, with whatever stands between its words.
fn is_of(line: &str, command: &[String]) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| *word != "tongshi");
    command.iter().all(|name| words.any(|word| word == name))
}

/// The names in a help's list of commands.
fn subcommands(help: &str) -> impl Iterator<Item = &str> {
    let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
    let rows = list.lines().take_while(|line| !line.is_empty());
    // A description that goes on stands further in.
    let named = rows.filter(|row| row.starts_with("  ") && !row.starts_with("   "));
    named.filter_map(|row| row.split_whitespace().next()).filter(|name| *name != "help")
}

/// Each `$` line of the README's consoles is run in a shell, the first adapter's with the files that it writes; what it prints is
/// what stands below it, where `…` stands for any lines.
#[test]
fn the_commands_of_the_readme_print_what_it_says() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let first = Begun(root().join("target/first"));
    drop(std::fs::remove_dir_all(&first.0));
    let folder = Path::new(env!("CARGO_BIN_EXE_tongshi")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut count = 0;
    for console in readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        for shown in format!("\n{console}").split("\n$ ").skip(1) {
            let (command, expected) = split(shown);
            let shell =
                Command::new("sh").args(["-c", &command]).current_dir(root()).env("PATH", &path).output();
            let output = shell.unwrap();
            let printed = format!("{}{}", out(&output), told(&output));
            assert!(fits(&expected, &printed), "$ {command}\n{printed}");
            count += 1;
        }
    }
    assert!(count >= 20, "{count} commands were found");
}

/// A folder where processes write down their numbers; they end with the test, where its last command has not ended them.
struct Begun(PathBuf);

impl Drop for Begun {
    fn drop(&mut self) {
        for name in ["party.pid", "gateway.pid"] {
            if let Ok(number) = std::fs::read_to_string(self.0.join(name)) {
                drop(Command::new("kill").arg(number.trim()).status());
            }
        }
    }
}

/// A command, which goes on behind a backslash or to the end of the file that it writes, and the lines below it.
fn split(shown: &str) -> (String, Vec<String>) {
    let mut lines = shown.trim_end().lines();
    let mut command = lines.next().unwrap().to_owned();
    while command.ends_with('\\') {
        command = format!("{command}\n{}", lines.next().unwrap());
    }
    if command.ends_with("<<'END'") {
        while !command.ends_with("\nEND") {
            command = format!("{command}\n{}", lines.next().unwrap());
        }
    }
    (command, lines.map(|line| line.trim_end().to_owned()).collect())
}

fn fits(expected: &[String], printed: &str) -> bool {
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let mut at = 0;
    let mut pieces = expected.split(|line| line == "…").peekable();
    let mut first = true;
    while let Some(piece) = pieces.next() {
        let rest = &printed[at..];
        let begins = |place: &usize| {
            rest[*place..].len() >= piece.len()
                && rest[*place..].iter().zip(piece).all(|(one, other)| one == other)
        };
        let last = pieces.peek().is_none() && !first;
        let place = match (first, last) {
            (true, _) => begins(&0).then_some(0),
            (_, true) => rest.len().checked_sub(piece.len()).filter(begins),
            _ => (0..=rest.len()).find(begins),
        };
        let Some(place) = place else { return false };
        at += place + piece.len();
        first = false;
    }
    expected.iter().any(|line| line == "…") || at == printed.len()
}

#[test]
fn the_table_of_who_made_the_octets_is_that_of_the_command() {
    let prepared = Command::new(root().join("conformance/oracles/prepare.sh")).output().unwrap();
    assert!(prepared.status.success(), "{}", told(&prepared));
    let printed = out(&tongshi(&["conform", "--oracles"], b""));
    let path = root().join("conformance/README.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- oracles -->\n").unwrap();
    let (kept, after) = rest.split_once("<!-- end of oracles -->").unwrap();
    if kept != printed && std::env::var_os("TONGSHI_BLESS").is_some() {
        let anew = format!("{before}<!-- oracles -->\n{printed}<!-- end of oracles -->{after}");
        std::fs::write(&path, anew).unwrap();
    } else {
        assert_eq!(kept, printed, "TONGSHI_BLESS=1 writes it anew");
    }
}

/// An engineer of the power company who has nothing but the document: what he built reads and writes every sample of it, and
/// the bank's kit finds nothing wrong with it. What stands for a power company here is Python and knows no adapter.
#[test]
fn a_party_is_built_from_the_document_alone() {
    let prepared = Command::new(root().join("conformance/oracles/prepare.sh")).output().unwrap();
    assert!(prepared.status.success(), "{}", told(&prepared));
    let (document, known) = (scratch("power.json"), scratch("power_known.json"));
    std::fs::write(&document, tongshi(&["doc", "power-dongguan", "--json"], b"").stdout).unwrap();
    // Test keys and settings, as they stand in the simulator's own party.yaml.
    let settings = serde_json::json!({ "bank_code": "0402", "area": "31900", "mac_algorithm": "x9_19", "connections": "held" });
    let keys = serde_json::json!({ "mmk": { "hex": "11223344556677888877665544332211" } });
    std::fs::write(&known, serde_json::json!({ "settings": settings, "keys": keys }).to_string()).unwrap();

    let mut grid = Command::new(root().join("target/oracles/bin/python3"));
    grid.arg("-B").arg(root().join("conformance/oracles/interface_grid.py")).args([&document, &known]);
    let mut grid = grid.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(grid.stdout.take().unwrap()).lines().map_while(Result::ok);
    let samples = lines.next().unwrap_or_default();
    let address = lines.next().unwrap_or_default();
    let Some(address) = address.strip_prefix("listening on ") else {
        panic!("{samples} {address} {}", told(&grid.wait_with_output().unwrap()));
    };
    let judged = tongshi(&["conform", "power-dongguan", "--against", address, "--json"], b"");
    drop(grid.stdin.take());
    assert!(grid.wait().unwrap().success());

    // All messages of the lines, in both directions.
    assert_eq!(samples, "24 samples read and written");
    assert!(judged.status.success(), "{}", out(&judged));
    let report: Value = serde_json::from_slice(&judged.stdout).unwrap();
    let counts = |name: &str| report["systems"][0][name].as_u64().unwrap_or_default();
    assert!((counts("passed"), counts("failed")) == (10, 0), "{report:#}");
}
