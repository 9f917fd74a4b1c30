//! The yardstick's program: the run, and the processes that it starts.

use bench::backend::Signing;
use bench::floor::seal::Seals;
use bench::run::Wanted;
use bench::seal::{Pair, unhex};
use bench::{backend, bill, flood, floor, page, run, table};
use std::path::PathBuf;
use std::process::ExitCode;

/// The gateway's own: the floor is not to be held back by another, nor its codecs here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "bench run [--quick] [--json] [--rounds N] [--only w1,w2,w2a_decode,w3,idle,scale,open,fair,batch] --tongshi PATH --sources FOLDER --folder FOLDER";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match texts.as_slice() {
        ["run", rest @ ..] => whole(rest),
        ["backend", rest @ ..] => signings(rest).and_then(|signings| serve_backend(&signings)),
        ["floor", address] => {
            floor::serve(address, Seals::hmac(bill::MAC_KEY, bill::SIGNATURE_KEY), listening)
        }
        ["floor", address, ours, theirs] => {
            seals(ours, theirs).and_then(|seals| floor::serve(address, seals, listening))
        }
        ["flood", address] => address
            .parse()
            .map_err(|_| format!("{address} is no address"))
            .and_then(|address| flood::flood(address, |count| println!("replies {count}"))),
        ["floor-relay", address] => floor::relay::serve(address, listening),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn listening(port: u16) {
    println!("listening {port}");
}

fn octets(text: &str) -> Result<Vec<u8>, String> {
    unhex(text).ok_or_else(|| "no hex".to_owned())
}

fn seals(ours: &str, theirs: &str) -> Result<Seals, String> {
    Seals::rsa(bill::MAC_KEY, &octets(ours)?, &octets(theirs)?)
}

fn signings(keys: &[&str]) -> Result<Vec<Signing>, String> {
    let mut all = vec![Signing::Hmac];
    if let [client, platform] = keys {
        let pair = |text| octets(text).and_then(|octets| Pair::of_pkcs8(&octets));
        all.push(Signing::Rsa(Box::new((pair(client)?, pair(platform)?))));
    }
    Ok(all)
}

fn serve_backend(signings: &[Signing]) -> Result<(), String> {
    let listening = backend::Listening::start(signings)?;
    let ports: Vec<String> = listening.ports.iter().map(u16::to_string).collect();
    println!("listening {}", ports.join(" "));
    listening.serve()
}

fn whole(arguments: &[&str]) -> Result<(), String> {
    let mut wanted = Wanted {
        quick: false,
        only: Vec::new(),
        tongshi: PathBuf::from("target/dist/tongshi"),
        sources: PathBuf::from("conformance/bench"),
        folder: PathBuf::from("target/bench"),
        rounds: None,
    };
    let mut json = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().copied().ok_or_else(|| format!("{argument} needs a value"));
        match *argument {
            "--quick" => wanted.quick = true,
            "--json" => json = true,
            "--only" => wanted.only = value()?.split(',').map(str::to_owned).collect(),
            "--rounds" => wanted.rounds = Some(value()?.parse().map_err(|_| "--rounds needs a number")?),
            "--tongshi" => wanted.tongshi = value()?.into(),
            "--sources" => wanted.sources = value()?.into(),
            "--folder" => wanted.folder = value()?.into(),
            _ => return Err(format!("unknown argument {argument}\n{USAGE}")),
        }
    }
    let rows = run::run(&wanted)?;
    if rows.is_empty() {
        return Err(format!("nothing that was asked for is measured\n{USAGE}"));
    }
    let what = if wanted.quick {
        "A quick run: short rounds, W2, and W1 and W3 against the floor."
    } else {
        "A whole run."
    };
    let file = wanted.folder.join("yardstick.html");
    std::fs::write(&file, page::page(&rows, what)).map_err(|error| format!("{}: {error}", file.display()))?;
    eprintln!("the page: {}", file.display());
    if json {
        println!("{}", table::json(&rows)?);
    } else {
        print!("{}", table::text(&rows));
    }
    Ok(())
}
