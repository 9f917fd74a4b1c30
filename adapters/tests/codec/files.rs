//! Files: streamed both ways in pieces, digests over lines, chains, rows taken one by one, names.

use adapters::codec::{
    FaultKind, FileFault, FileReader, FileWriter, LineEvent, TakenRow, read_name, write_name,
};
use adapters::seal::{self, Algorithm, Digest, KeyKind, Position, PreparedKey};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{Load, Space};
use dsl::program::{Compiled, MessageProgram, Program};
use dsl::value::Symbols;
use proptest::prelude::*;

use crate::world::{World, compile, message, slot};

fn party(body: &str) -> Compiled {
    compile(&format!(
        "party party \"P\" {{\n  charset gbk\n  day cut_over 23:30\n  serial counter(12)\n  discloses account_no, person_name\n}}\n\
         key file sm4 16 bytes \"k\"\nkey des3 tdes 16 bytes \"k\"\nkey shared secret \"k\"\n\
         link drop folder connect \"d\" {{\n  folder \"out\"\n  write temporary then rename\n}}\n\
         link pick folder accept \"p\" {{\n  poll 60s\n  once name\n}}\n{body}"
    ))
}

fn world(compiled: &Compiled) -> World {
    let mut world = World::new(compiled);
    world.keys = vec![
        (KeyKind::Sm4, (1..=16).collect()),
        (KeyKind::Tdes, (1..=16).collect()),
        (KeyKind::Secret, b"shared".to_vec()),
    ];
    world
}

/// A row of a list: name and amount.
type Due<'r> = (&'r str, &'r str);

/// Writes a file of which piece 0 is the list that list 0 is, filled by slot: a text and an amount.
struct Script<'s> {
    rows: &'s [Due<'s>],
    pieces: usize,
    list: usize,
}

fn fill(writer: &mut FileWriter<'_>, (name, due): Due<'_>) {
    let (record, base) = writer.row(0).unwrap();
    record.set(base, &Value::text(name)).unwrap();
    record.set(base + 1, &Value::Decimal(due.parse().unwrap())).unwrap();
}

/// All pieces by the writer's order, joined in the order of the file, through the chain.
fn written(
    (program, form): (&Program, &MessageProgram),
    script: &Script<'_>,
    world: &mut World,
) -> Result<Vec<u8>, adapters::codec::Fault> {
    let mut writer = FileWriter::new(program, form, Record::new(form.slots)).unwrap();
    for row in script.rows {
        fill(&mut writer, *row);
        writer.fold(0, world)?;
    }
    writer.begin(world)?;
    let mut parts = vec![Vec::new(); script.pieces];
    for piece in writer.order() {
        let piece = usize::from(*piece);
        if piece == script.list {
            for row in script.rows {
                fill(&mut writer, *row);
                parts[piece].extend(writer.line(piece, world)?);
            }
        } else {
            parts[piece] = writer.line(piece, world)?;
        }
    }
    let mut out = Vec::new();
    let mut coder = writer.coder(world)?;
    for part in parts {
        for chunk in part.chunks(13) {
            coder.update(chunk, &mut out)?;
        }
    }
    coder.finish(world, &mut out)?;
    Ok(out)
}

/// Rows and what the single lines say.
fn stream(
    (program, form): (&Program, &MessageProgram),
    octets: &[u8],
    piece: usize,
    world: &mut World,
) -> Result<(Vec<TakenRow>, Record), FileFault> {
    let mut reader = FileReader::new(program, form).unwrap();
    let mut taken = Vec::new();
    let mut seen = |_: &Record, event: LineEvent| {
        taken.extend(event.taken);
        Ok(())
    };
    for chunk in octets.chunks(piece) {
        reader.push(chunk, world, &mut seen)?;
    }
    reader.finish(world, &mut seen)?;
    reader.take_singles(world).map_err(|fault| FileFault { line: 0, fault })?;
    Ok((taken, reader.into_record()))
}

fn kind<T>(done: Result<T, FileFault>) -> (u64, FaultKind) {
    let fault = done.err().unwrap();
    (fault.line, fault.fault.kind)
}

const ROWS: [Due<'_>; 3] = [("张三", "1.50"), ("b", "2.00"), ("c", "0.25")];

#[test]
fn lines_are_streamed_both_ways_and_folded() {
    let compiled = party(
        r#"call put "P" over drop {
  request file "A.txt" delimited "|" lines lf {
    head line { mark text 1 bytes = "H"
      count number ..8 digits = count(rows)
      sum money ..15 digits yuan = sum(rows.due) }
    rows list ..1000 of line {
      name text ..20 bytes
      due money ..15 digits yuan }
    tail line { mark text 1 bytes = "T"
      count number ..8 digits = count(rows) }
  }
}
"#,
    );
    let at = message(&compiled, 0);
    let mut world = world(&compiled);
    let octets = written(at, &Script { rows: &ROWS, pieces: 3, list: 1 }, &mut world).unwrap();
    assert_eq!(octets, b"H|3|3.75\n\xd5\xc5\xc8\xfd|1.50\nb|2.00\nc|0.25\nT|3\n");
    for piece in [1, 3, 1000] {
        assert!(stream(at, &octets, piece, &mut world).is_ok());
    }
    let short: Vec<u8> = octets
        .split_inclusive(|octet| *octet == b'\n')
        .filter(|line| line[0] != b'b')
        .flatten()
        .copied()
        .collect();
    assert_eq!(
        kind(stream(at, &short, 7, &mut world)),
        (4, FaultKind::Disagrees),
        "a row that is missing is found"
    );
    let cut = &octets[..octets.len() - 4];
    assert_eq!(
        kind(stream(at, cut, 7, &mut world)),
        (4, FaultKind::Missing),
        "a tail that is missing is found"
    );
    let open = &octets[..octets.len() - 1];
    assert_eq!(
        kind(stream(at, open, 7, &mut world)),
        (5, FaultKind::Truncated),
        "a line that is cut is found"
    );
    let empty = written(at, &Script { rows: &[], pieces: 3, list: 1 }, &mut world).unwrap();
    assert_eq!(empty, b"H|0|0.00\nT|0\n");
    assert!(stream(at, &empty, 1, &mut world).is_ok());
}

#[test]
fn a_value_that_would_end_its_line_is_not_written() {
    let body = |attributes: &str| {
        format!(
            "call put \"P\" over drop {{\n  request file \"A.txt\" {attributes} {{\n    rows list ..9 of line {{\n      name text ..20 bytes\n      due money ..15 digits yuan }}\n  }}\n}}\n"
        )
    };
    let rows = [("two\nlines", "1.00")];
    let script = Script { rows: &rows, pieces: 1, list: 0 };
    let compiled = party(&body("delimited \"|\" lines lf"));
    let failed = written(message(&compiled, 0), &script, &mut world(&compiled)).err().unwrap();
    assert_eq!(failed.kind, FaultKind::CannotFit);
    let compiled = party(&body("delimited \"|\" lines lf escape \"\\\\\""));
    let octets = written(message(&compiled, 0), &script, &mut world(&compiled)).unwrap();
    assert_eq!(octets, b"two\\\nlines|1.00\n");
    let (_, record) = stream(message(&compiled, 0), &octets, 1, &mut world(&compiled)).unwrap();
    assert!(record.rows(0).is_some());
}

#[test]
fn the_last_line_has_an_end_or_none_as_the_adapter_says() {
    let compiled = party(
        r#"call put "P" over drop {
  request file "A.txt" delimited "|" lines crlf between {
    head line { mark text 1 bytes = "H"
      digest text 32 chars = hex(digest(md5, raw(rows))) }
    rows list ..1000 of line {
      name text ..20 bytes
      due money ..15 digits yuan }
  }
}
"#,
    );
    let at = message(&compiled, 0);
    let mut world = world(&compiled);
    let octets = written(at, &Script { rows: &ROWS, pieces: 2, list: 1 }, &mut world).unwrap();
    let rows = b"\xd5\xc5\xc8\xfd|1.50\r\nb|2.00\r\nc|0.25";
    let digest = dsl::evaluate::coded::to_hex(&seal::digest(Digest::Md5, rows), false);
    assert_eq!(octets, [b"H|", digest.as_slice(), b"\r\n", rows].concat());
    for piece in [1, 2, 1000] {
        assert!(stream(at, &octets, piece, &mut world).is_ok());
    }
    let more = [octets.as_slice(), b"\r\n"].concat();
    assert_eq!(kind(stream(at, &more, 5, &mut world)).1, FaultKind::LeftOver);
}

#[test]
fn records_without_ends_are_told_by_their_width() {
    let compiled = party(
        r#"call put "P" over drop {
  request file "A.txt" fixed {
    head line 16 bytes { mark text 14 bytes = "H"
      count number 2 digits = count(rows) }
    rows list ..99 of line 16 bytes {
      name text 10 bytes
      due money 6 digits fen }
  }
}
"#,
    );
    let at = message(&compiled, 0);
    let mut world = world(&compiled);
    let octets = written(at, &Script { rows: &ROWS, pieces: 2, list: 1 }, &mut world).unwrap();
    assert_eq!(octets, b"H             03\xd5\xc5\xc8\xfd      000150b         000200c         000025");
    for piece in [1, 5, 1000] {
        assert!(stream(at, &octets, piece, &mut world).is_ok());
    }
    assert_eq!(kind(stream(at, &octets[..octets.len() - 3], 5, &mut world)).1, FaultKind::Truncated);
}

#[test]
fn lines_of_fixed_width_have_the_end_that_the_adapter_says() {
    let compiled = party(
        r#"call put "P" over drop {
  request file "A.txt" fixed lines crlf {
    rows list ..99 of line {
      name text 10 bytes
      due money 6 digits fen }
  }
}
"#,
    );
    let at = message(&compiled, 0);
    let mut world = world(&compiled);
    let octets = written(at, &Script { rows: &ROWS, pieces: 1, list: 0 }, &mut world).unwrap();
    assert_eq!(octets, b"\xd5\xc5\xc8\xfd      000150\r\nb         000200\r\nc         000025\r\n");
    for piece in [1, 5, 1000] {
        assert!(stream(at, &octets, piece, &mut world).is_ok());
    }
}

fn digested() -> Compiled {
    party(
        r#"call put "P" over drop {
  request file "A.txt" delimited "|" lines crlf tolerate lf {
    head line { mark text 1 bytes = "H"
      size number ..12 digits = length(rows)
      own text 64 chars = hex(digest(sm3, raw(rows))) }
    rows list ..1000 of line {
      name text ..20 bytes
      due money ..15 digits yuan }
    tail line { mark text 1 bytes = "T"
      plain text 32 chars = hex_upper(digest(md5, raw(rows .. tail) + key.shared))
      keyed text 64 chars = hex(hmac(sha256, key.shared, "begin" + raw(rows) + tail.mark)) }
  }
}
"#,
    )
}

#[test]
fn digests_over_lines_are_made_and_judged_while_they_go_by() {
    let compiled = digested();
    let at = message(&compiled, 0);
    assert_eq!(at.1.file.as_ref().unwrap().write_order.as_ref(), [1, 0, 2], "the head waits for the rows");
    let mut world = world(&compiled);
    let octets = written(at, &Script { rows: &ROWS, pieces: 3, list: 1 }, &mut world).unwrap();
    let rows: &[u8] = b"\xd5\xc5\xc8\xfd|1.50\r\nb|2.00\r\nc|0.25\r\n";
    let hex = |octets: &[u8], upper| dsl::evaluate::coded::to_hex(octets, upper);
    let sm3 = hex(&seal::digest(Digest::Sm3, rows), false);
    let md5 = hex(&seal::digest(Digest::Md5, &[rows, b"shared"].concat()), true);
    let keyed = hex(&seal::hmac(Digest::Sha256, b"shared", &[b"begin", rows, b"T"].concat()), false);
    let head = [format!("H|{}|", rows.len()).as_bytes(), &sm3, b"\r\n"].concat();
    let tail = [b"T|", md5.as_slice(), b"|", &keyed, b"\r\n"].concat();
    assert_eq!(octets, [head.as_slice(), rows, &tail].concat());
    for piece in [1, 7, 1000] {
        assert_eq!(stream(at, &octets, piece, &mut world).err(), None);
    }
    // Ends are digested as they stand: a file with other ends is another file, though such ends are read.
    let other: Vec<u8> = octets.iter().copied().filter(|octet| *octet != b'\r').collect();
    assert_eq!(kind(stream(at, &other, 7, &mut world)), (5, FaultKind::Disagrees));
    let changed = |from: &[u8], to: &[u8]| {
        let place = octets.windows(from.len()).position(|found| found == from).unwrap();
        [&octets[..place], to, &octets[place + from.len()..]].concat()
    };
    assert_eq!(kind(stream(at, &changed(b"b|2.00", b"b|3.00"), 7, &mut world)), (5, FaultKind::Disagrees));
    assert_eq!(
        kind(stream(at, &changed(&keyed, &hex(&[0; 32], false)), 7, &mut world)),
        (5, FaultKind::Disagrees)
    );
    let sized = format!("H|{}|", rows.len() + 1);
    let told = stream(at, &changed(format!("H|{}|", rows.len()).as_bytes(), sized.as_bytes()), 7, &mut world);
    assert_eq!(kind(told).1, FaultKind::Disagrees, "what the head says is judged at the end");
}

const CHAINS: [&str; 13] = [
    "gbk, hex",
    "gbk, hex_upper",
    "gbk, base64",
    "gbk, base64url",
    "gbk, percent",
    "gbk, zlib",
    "gbk, gzip",
    "encrypt(sm4_cbc_pkcs5, key.file, nul(16))",
    "encrypt(sm4_ecb_pkcs7, key.file)",
    "encrypt(tdes_cbc_pkcs5, key.des3, nul(8)), base64",
    "encrypt(tdes_ecb_pkcs5, key.des3), hex",
    "gbk, gzip, encrypt(sm4_cbc_pkcs5, key.file, nul(16)), base64",
    "encrypt(sm4_gcm, key.file, nul(12))",
];

fn chained(chain: &str) -> Compiled {
    party(&format!(
        "call put \"P\" over drop {{\n  request file \"A.txt\" delimited \"|\" lines lf coded {chain} {{\n    rows list ..100000 of line {{\n      name text ..20 bytes\n      due money ..15 digits yuan }}\n    tail line {{ mark text 1 bytes = \"T\"\n      digest text 32 chars = hex(digest(md5, raw(rows))) }}\n  }}\n}}\n"
    ))
}

#[test]
fn every_chain_is_streamed_both_ways() {
    for chain in CHAINS {
        let compiled = chained(chain);
        let at = message(&compiled, 0);
        let mut world = world(&compiled);
        for count in [0, 1, 700] {
            let names: Vec<String> = (0..count).map(|row| format!("名{row}")).collect();
            let rows: Vec<Due<'_>> = names.iter().map(|name| (name.as_str(), "12.30")).collect();
            let script = Script { rows: &rows, pieces: 2, list: 0 };
            let octets = written(at, &script, &mut world).unwrap();
            for piece in [1, 3, 4096] {
                let read = stream(at, &octets, piece, &mut world);
                assert!(read.is_ok(), "{chain} in pieces of {piece}: {:?}", read.err());
            }
            let cut = stream(at, &octets[..octets.len() - 1], 64, &mut world);
            assert!(cut.is_err(), "{chain}: a file that is cut is found");
            let more = stream(at, &[octets.as_slice(), b"00"].concat(), 64, &mut world);
            assert!(more.is_err(), "{chain}: what stands behind its end is found");
        }
    }
}

#[test]
fn a_streamed_cipher_is_the_cipher() {
    let compiled = chained("encrypt(sm4_cbc_pkcs5, key.file, nul(16))");
    let octets =
        written(message(&compiled, 0), &Script { rows: &ROWS, pieces: 2, list: 0 }, &mut world(&compiled))
            .unwrap();
    let key = PreparedKey::symmetric(KeyKind::Sm4, &(1..=16).collect::<Vec<u8>>()).unwrap();
    let cipher = Algorithm::from_name(Position::Cipher, "sm4_cbc_pkcs7").unwrap();
    let plain = seal::decrypt(cipher, &key, Some(&[0; 16]), &octets, &mut |_| {}).unwrap();
    let rows: &[u8] = b"\xd5\xc5\xc8\xfd|1.50\nb|2.00\nc|0.25\n";
    let digest = dsl::evaluate::coded::to_hex(&seal::digest(Digest::Md5, rows), false);
    assert_eq!(plain, [rows, b"T|", digest.as_slice(), b"\n"].concat());
}

#[test]
fn a_packed_file_that_never_ends_is_not_unpacked_whole() {
    let compiled = chained("gbk, gzip");
    let (program, form) = message(&compiled, 0);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..200 {
        std::io::Write::write_all(&mut packer, &[b'x'; 1 << 20]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    let mut reader = FileReader::new(program, form).unwrap();
    let done = reader.push(&bomb, &mut world(&compiled), &mut |_, _| Ok(()));
    assert_eq!(kind(done), (1, FaultKind::TooLong));
    assert!(reader.held() < 8 << 20, "{} octets are held", reader.held());
}

fn served() -> Compiled {
    party(
        r#"serve found "F" over pick {
  ask {
    day    date
    total  money
    rows   list ..1000 {
      name   text ..20 chars
      due    money
      parts  list ..3 {
        mark  text ..2 chars
      }
    }
  }
  once exchange.file
  request file "R_{format(ask.day, 'yyyyMMdd')}.txt" delimited "|" lines lf {
    head line { mark text 1 bytes = "H"
      wanted text ..4 chars }
    rows list ..1000 of line -> ask.rows {
      kind text ..4 chars
      name text ..20 chars -> item.name
      due money ..15 digits yuan -> item.due else refuse bad_message
      parts list 2 -> item.parts { mark text ..2 chars -> item.mark }
    }
    tail line { mark text 1 bytes = "T"
      sum money ..15 digits yuan -> ask.total
      check sum > 0.00 else refuse bad_message }
  }
}
"#,
    )
}

#[test]
fn rows_are_taken_one_by_one() {
    let compiled = served();
    let at = message(&compiled, 0);
    let mut world = world(&compiled);
    let octets = "H|DS\nDS|a|1.00|x|y\nDF|b|2.00|p|q\nDS|c|3.00|r|s\nT|4.00\n".as_bytes();
    for piece in [1, 1000] {
        let (rows, _) = stream(at, octets, piece, &mut world).unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                let parts = row.row.rows(2).unwrap();
                let mark = |part| row.row.value(parts.base(part).unwrap()).unwrap().into_owned();
                (
                    row.row.value(0).unwrap().into_owned(),
                    row.row.value(1).unwrap().into_owned(),
                    mark(0),
                    mark(1),
                )
            })
            .collect();
        let row = |name: &'static str, due, first: &'static str, second: &'static str| {
            let due = Value::Decimal(dsl::value::Decimal::new(due, 2));
            (Value::text(name), due, Value::text(first), Value::text(second))
        };
        assert_eq!(told, [row("a", 100, "x", "y"), row("b", 200, "p", "q"), row("c", 300, "r", "s")]);
        assert!(rows.iter().all(|row| row.list.space == Space::Ask && row.stride == 3 && row.max == 1000));
    }
    let total = Load { space: Space::Ask, level: 0, slot: 1, call: 0 };
    let told = adapters::value::Surroundings::load(&world, &total).unwrap();
    assert_eq!(told, Value::Decimal(dsl::value::Decimal::new(400, 2)));
    let empty = "H|DS\nT|0.00\n".as_bytes();
    assert!(
        matches!(kind(stream(at, empty, 7, &mut world)), (2, FaultKind::Refuse(_))),
        "a check of the tail"
    );
}

/// What the memory of a long file is measured by: the octets that reader, writer and coder hold.
#[test]
fn a_million_rows_take_no_more_memory_than_some() {
    let compiled = party(
        r#"call put "P" over drop {
  request file "A.txt" delimited "|" lines crlf coded encrypt(sm4_cbc_pkcs5, key.file, nul(16)) {
    head line { mark text 1 bytes = "H"
      count number ..8 digits = count(rows)
      sum money ..15 digits yuan = sum(rows.due) }
    rows list ..1_000_000 of line {
      name text ..20 bytes
      due money ..15 digits yuan }
    tail line { mark text 3 chars = "END"
      count number ..8 digits = count(rows)
      digest text 32 chars = hex_upper(digest(md5, raw(head) + raw(rows))) }
  }
}
"#,
    );
    let (program, form) = message(&compiled, 0);
    let (mut world, mut other) = (world(&compiled), world(&compiled));
    let rows = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let mut writer = FileWriter::new(program, form, Record::new(form.slots)).unwrap();
    for _ in 0..rows {
        fill(&mut writer, ("六个字的名字", "1234.56"));
        writer.fold(0, &world).unwrap();
    }
    writer.begin(&mut world).unwrap();
    let mut coder = writer.coder(&world).unwrap();
    let mut reader = FileReader::new(program, form).unwrap();
    let (mut seen, mut most, mut length) = (0_u64, 0, 0);
    let mut out = Vec::new();
    for line in 0..rows + 2 {
        let piece = match line {
            0 => 0,
            line if line == rows + 1 => 2,
            _ => {
                fill(&mut writer, ("六个字的名字", "1234.56"));
                1
            }
        };
        coder.update(&writer.line(piece, &mut world).unwrap(), &mut out).unwrap();
        let mut count = |_: &Record, event: LineEvent| {
            seen += u64::from(event.row.is_some());
            Ok(())
        };
        reader.push(&out, &mut other, &mut count).unwrap();
        length += out.len();
        out.clear();
        most = most.max(writer.held() + coder.held() + reader.held());
    }
    coder.finish(&world, &mut out).unwrap();
    let mut count = |_: &Record, event: LineEvent| {
        seen += u64::from(event.row.is_some());
        Ok(())
    };
    reader.push(&out, &mut other, &mut count).unwrap();
    reader.finish(&mut other, &mut count).unwrap();
    assert_eq!(seen, rows);
    assert!(length as u64 > rows * 20, "{length} octets went by");
    assert!(most < 64 << 10, "{most} octets were held for {length}");
}

fn named() -> Compiled {
    party(
        r#"setting area digits 4
member unit "U" {
  name    text ..10 chars
  setting sealed flag
}
codes kind text 2 chars {
  "DS"   collect
  "DF"   pay
  other  refuse bad_message
}
serve found "F" over pick {
  ask {
    day    date
    batch  digits 4
  }
  once exchange.file
  request file "{head.kind}{ask.batch}_{unit.name}_{setting.area}_{format(ask.day, 'yyyyMMdd')}_{head.note}.txt{if(unit.sealed, '.enc', '')}" fixed lines lf {
    head line {
      kind code kind
      note text 8 bytes
      pad  text 4 bytes = ""
    }
  }
  reply file "{request.head.kind}_{request.head.note}_R.txt" fixed lines lf {
    head line { mark text 1 bytes = "R" }
  }
}
"#,
    )
}

fn fact(world: &World, space: Space, slot: u16) -> Value<'static> {
    world.facts.get(&(space as u8, slot)).cloned().unwrap_or(Value::Absent)
}

fn known(world: &mut World, symbols: &Symbols, sealed: bool) {
    let _ = symbols;
    world.facts.insert((Space::Setting as u8, 0), Value::text("0755"));
    world.facts.insert((Space::Member as u8, 2), Value::Flag(sealed));
}

#[test]
fn a_name_is_written_and_read() {
    let compiled = named();
    let (program, form) = message(&compiled, 0);
    let mut world = world(&compiled);
    known(&mut world, &compiled.symbols, true);
    let mut record = Record::default();
    let name = "DF0007_4400_0755_20240315_备注.txt.enc";
    assert_eq!(read_name(program, form, name, &mut record, &mut world), Ok(true));
    let pay = compiled.symbols.find("pay").unwrap();
    assert_eq!(record.value(slot(form, "head.kind")), Ok(Value::Name(pay)));
    assert_eq!(record.value(slot(form, "head.note")), Ok(Value::text("备注")));
    assert_eq!(fact(&world, Space::Ask, 0), Value::Date(dsl::value::Date::constant(2024, 3, 15)));
    assert_eq!(fact(&world, Space::Ask, 1), Value::text("0007"));
    let learned = world.learned.borrow().clone();
    assert_eq!(learned.len(), 1);
    assert_eq!((learned[0].0.space, learned[0].1.clone()), (Space::Member, Value::text("4400")));
    world.facts.insert((Space::Member as u8, 0), Value::text("4400"));
    assert_eq!(write_name(program, form, &record, &mut world), Ok(name.to_owned()));
    for other in [
        "DF0007_4400_0755_20240315_备注.txt",
        "XX0007_4400_0755_20240315_备注.txt.enc",
        "DF007_4400_0755_20240315_备注.txt.enc",
        "DF0007_4400_0756_20240315_备注.txt.enc",
        "DF0007_4400_0755_20240230_备注.txt.enc",
        "DF0007_4400_0755_20240315_太长的备注.txt.enc",
        "DF0007_4400_0755_20240315_备注.txt.enc.ok",
        "",
    ] {
        let mut fresh = super::files::world(&compiled);
        known(&mut fresh, &compiled.symbols, true);
        assert_eq!(read_name(program, form, other, &mut Record::default(), &mut fresh), Ok(false), "{other}");
    }
    // What is known must agree.
    assert_eq!(
        read_name(program, form, &name.replace("4400", "4401"), &mut Record::default(), &mut world),
        Ok(false)
    );
    record.set(slot(form, "head.note"), &Value::text("a.txt")).unwrap();
    let unclear = write_name(program, form, &record, &mut world);
    assert_eq!(
        unclear.map_err(|fault| fault.kind),
        Err(FaultKind::CannotFit),
        "it could not be told from what follows"
    );
}

#[test]
fn a_reply_is_named_by_its_request() {
    let compiled = named();
    let (program, form) = message(&compiled, 1);
    let mut world = world(&compiled);
    let request = message(&compiled, 0).1;
    let pay = compiled.symbols.find("pay").unwrap();
    let place = |path| u16::try_from(slot(request, path)).unwrap();
    world.facts.insert((Space::Request as u8, place("head.kind")), Value::Name(pay));
    world.facts.insert((Space::Request as u8, place("head.note")), Value::text("x"));
    assert_eq!(write_name(program, form, &Record::new(form.slots), &mut world), Ok("DF_x_R.txt".to_owned()));
    assert_eq!(read_name(program, form, "DF_x_R.txt", &mut Record::default(), &mut world), Ok(true));
    assert_eq!(read_name(program, form, "DS_x_R.txt", &mut Record::default(), &mut world), Ok(false));
}

#[test]
fn the_content_agrees_with_the_name() {
    let compiled = named();
    let (program, form) = message(&compiled, 0);
    let content = |kind: &str, note: &str| format!("{kind}{note:<8}    \n").into_bytes();
    let read = |octets: &[u8]| {
        let mut world = world(&compiled);
        known(&mut world, &compiled.symbols, false);
        let name = "DF0007_4400_0755_20240315_note.txt";
        assert_eq!(read_name(program, form, name, &mut Record::default(), &mut world), Ok(true));
        world.facts.insert((Space::Member as u8, 0), Value::text("4400"));
        let mut reader = FileReader::new(program, form).unwrap().named(name);
        reader.push(octets, &mut world, &mut |_, _| Ok(()))?;
        reader.finish(&mut world, &mut |_, _| Ok(()))
    };
    assert_eq!(read(&content("DF", "note")), Ok(()));
    assert_eq!(kind(read(&content("DS", "note"))), (0, FaultKind::Disagrees));
    assert_eq!(kind(read(&content("DF", "other"))), (0, FaultKind::Disagrees));
}

#[test]
fn a_name_that_carries_data_is_a_layout() {
    let compiled = party(
        r#"setting bank text 6 chars
serve found "F" over pick {
  once exchange.file
  request delimited "|" lines lf {
    name  fixed ending ".zip" {
      kind   text 4 chars = "CXQQ"
      bank   text 6 chars = setting.bank
      batch  text 8 chars
      check batch is not "00000000" else refuse bad_message
    }
    rows list ..9 of line { a text ..5 chars }
  }
}
"#,
    );
    let (program, form) = message(&compiled, 0);
    let mut world = world(&compiled);
    world.facts.insert((Space::Setting as u8, 0), Value::text("BANK01"));
    let mut record = Record::default();
    assert_eq!(read_name(program, form, "CXQQBANK0100000001.zip", &mut record, &mut world), Ok(true));
    assert_eq!(record.value(slot(form, "name.batch")), Ok(Value::text("00000001")));
    assert_eq!(write_name(program, form, &record, &mut world), Ok("CXQQBANK0100000001.zip".to_owned()));
    for other in [
        "CXQQBANK0100000001.txt",
        "CXQXBANK0100000001.zip",
        "CXQQBANK020000001.zip",
        "CXQQBANK01000000012.zip",
        "CXQQBANK0100000000.zip",
    ] {
        assert_eq!(read_name(program, form, other, &mut Record::default(), &mut world), Ok(false), "{other}");
    }
    let mut reader = FileReader::new(program, form).unwrap().named("CXQQBANK0100000001.zip");
    reader.push(b"x\n", &mut world, &mut |_, _| Ok(())).unwrap();
    reader.finish(&mut world, &mut |_, _| Ok(())).unwrap();
    assert_eq!(reader.into_record().value(slot(form, "name.batch")), Ok(Value::text("00000001")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn names_come_back(kind in 0_usize..2, batch in "[0-9]{4}", unit in "[A-Za-z0-9]{0,10}", day in 0_i32..9000, note in "[a-z张0-9.]{0,4}", sealed: bool) {
        thread_local! {
            static COMPILED: Compiled = named();
        }
        COMPILED.with(|compiled| {
            let (program, form) = message(compiled, 0);
            let mut world = world(compiled);
            known(&mut world, &compiled.symbols, sealed);
            let kinds = ["collect", "pay"].map(|name| compiled.symbols.find(name).unwrap());
            let day = dsl::value::Date::constant(2024, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            let mut told = world_of(&world);
            world.facts.insert((Space::Member as u8, 0), Value::text(unit.clone()));
            world.facts.insert((Space::Ask as u8, 0), Value::Date(day));
            world.facts.insert((Space::Ask as u8, 1), Value::text(batch.clone()));
            let mut record = Record::new(form.slots);
            record.set(slot(form, "head.kind"), &Value::Name(kinds[kind])).unwrap();
            record.set(slot(form, "head.note"), &Value::text(note.clone())).unwrap();
            let clear = format!("{note}.txt").find(".txt") == Some(note.len());
            let name = write_name(program, form, &record, &mut world);
            prop_assert_eq!(name.is_ok(), clear, "{:?}", name);
            let Ok(name) = name else { return Ok(()) };
            let mut read = Record::default();
            prop_assert_eq!(read_name(program, form, &name, &mut read, &mut told), Ok(true), "{}", name);
            prop_assert_eq!(read.value(slot(form, "head.note")).unwrap(), Value::text(note));
            prop_assert_eq!(read.value(slot(form, "head.kind")).unwrap(), Value::Name(kinds[kind]));
            prop_assert_eq!(fact(&told, Space::Ask, 0), Value::Date(day));
            prop_assert_eq!(fact(&told, Space::Ask, 1), Value::text(batch));
            prop_assert_eq!(&told.learned.borrow()[0].1, &Value::text(unit));
            Ok(())
        })?;
    }
}

/// The same facts, nothing learned.
fn world_of(world: &World) -> World {
    World {
        facts: world.facts.clone(),
        learned: std::cell::RefCell::default(),
        symbols: world.symbols.clone(),
        keys: world.keys.clone(),
        older: Vec::new(),
        no_random: false,
    }
}

/// A file whose control file says how long it is, how many rows it has, and their digest.
const CONTROLLED: &str = r#"call put "P" over drop {
  request file "A.txt" delimited "|" lines lf {
    head line { mark text 1 bytes = "H"
      batch text ..8 bytes }
    rows list ..1000 of line {
      name text ..20 bytes
      due money ..15 digits yuan }
    done ".chk" delimited "," lines crlf tolerate lf {
      batch text ..8 bytes = head.batch
      size number ..8 digits = length(message)
      count number ..8 digits = count(rows)
      digest text 32 bytes = hex(digest(md5, raw(message))) }
  }
}
"#;

/// The file and its control file, of these rows.
fn controlled(compiled: &Compiled, rows: &[Due<'_>]) -> (Vec<u8>, Vec<u8>) {
    let (program, form) = message(compiled, 0);
    let mut world = world(compiled);
    let mut record = Record::new(form.slots);
    record.set(slot(form, "head.batch"), &Value::text("B1")).unwrap();
    let mut writer = FileWriter::new(program, form, record).unwrap();
    for row in rows {
        fill(&mut writer, *row);
        writer.fold(0, &world).unwrap();
    }
    writer.begin(&mut world).unwrap();
    assert_eq!(writer.order(), [0, 1], "the control file is no line of the file");
    let mut octets = writer.line(0, &mut world).unwrap();
    for row in rows {
        fill(&mut writer, *row);
        octets.extend(writer.line(1, &mut world).unwrap());
    }
    let control = writer.control(&mut world).unwrap().unwrap();
    (octets, control)
}

fn read_controlled(compiled: &Compiled, octets: &[u8], control: Option<&[u8]>) -> Result<Record, FileFault> {
    let (program, form) = message(compiled, 0);
    let mut world = world(compiled);
    let mut reader = FileReader::new(program, form).unwrap();
    if let Some(control) = control {
        reader.control(control, &mut world)?;
    }
    for chunk in octets.chunks(5) {
        reader.push(chunk, &mut world, &mut |_, _| Ok(()))?;
    }
    reader.finish(&mut world, &mut |_, _| Ok(()))?;
    Ok(reader.into_record())
}

#[test]
fn a_control_file_is_written_behind_the_last_line_and_holds_what_the_file_is() {
    let compiled = party(CONTROLLED);
    let (octets, control) = controlled(&compiled, &[("a", "1.50"), ("b", "2.00")]);
    assert_eq!(octets, b"H|B1\na|1.50\nb|2.00\n");
    let digest = dsl::evaluate::coded::to_hex(&seal::digest(Digest::Md5, &octets), false);
    let wanted = [b"B1,19,2,".as_slice(), &digest, b"\r\n"].concat();
    assert_eq!(control, wanted);
}

#[test]
fn a_control_file_is_held_against_the_file() {
    let compiled = party(CONTROLLED);
    let (octets, control) = controlled(&compiled, &ROWS);
    let form = message(&compiled, 0).1;
    let record = read_controlled(&compiled, &octets, Some(&control)).unwrap();
    assert_eq!(record.value(slot(form, "done.count")).unwrap(), Value::Number(3));
    let lf = String::from_utf8(control.clone()).unwrap().replace("\r\n", "\n");
    read_controlled(&compiled, &octets, Some(lf.as_bytes())).unwrap();

    let read = |octets: &[u8], control: &[u8]| kind(read_controlled(&compiled, octets, Some(control)));
    let text = String::from_utf8(control.clone()).unwrap();
    assert_eq!(kind(read_controlled(&compiled, &octets, None)).1, FaultKind::Missing);
    assert_eq!(read(&octets, &control[..control.len() - 2]).1, FaultKind::Truncated);
    assert_eq!(read(&octets, format!("{text}{text}").as_bytes()).1, FaultKind::LeftOver);
    assert_eq!(read(&octets, text.replace(",3,", ",4,").as_bytes()).1, FaultKind::Disagrees);
    assert_eq!(read(&octets, text.replace("B1,", "B2,").as_bytes()).1, FaultKind::Disagrees);
    let last = octets.len() - 2;
    let mut other = octets.clone();
    other[last] ^= 1;
    assert_eq!(read(&other, &control).1, FaultKind::Disagrees, "one figure of the last row");
    assert_eq!(read(&octets[..octets.len() - 7], &control).1, FaultKind::Disagrees, "a row is missing");
}

/// A sealed file whose control file speaks of it as it is sent.
const SENT: &str = r#"call put "P" over drop {
  request file "A.txt" delimited "|" lines lf coded encrypt(sm4_cbc_pkcs5, key.file, nul(16)) {
    head line { mark text 1 bytes = "H"
      batch text ..8 bytes }
    rows list ..1000 of line {
      name text ..20 bytes
      due money ..15 digits yuan }
    done ".chk" delimited "," lines lf {
      name text ..80 chars = exchange.file
      size number ..8 digits = length(file)
      plain number ..8 digits = length(message)
      digest text 32 bytes = hex(digest(md5, raw(file))) }
  }
}
"#;

/// Where the world holds what a file is called.
const NAME: (u8, u16) = (Space::Exchange as u8, dsl::model::Fact::File as u16);

#[test]
fn a_control_file_speaks_of_the_file_as_it_is_sent() {
    let compiled = party(SENT);
    let (program, form) = message(&compiled, 0);
    let mut world = world(&compiled);
    world.facts.insert(NAME, Value::text("A.txt"));
    let mut record = Record::new(form.slots);
    record.set(slot(form, "head.batch"), &Value::text("B1")).unwrap();
    let mut writer = FileWriter::new(program, form, record).unwrap();
    for row in ROWS {
        fill(&mut writer, row);
        writer.fold(0, &world).unwrap();
    }
    writer.begin(&mut world).unwrap();
    let (mut coder, mut sent) = (writer.coder(&world).unwrap(), Vec::new());
    let mut plain = 0;
    for (piece, rows) in [(0, &ROWS[..1]), (1, &ROWS[..])] {
        for row in rows {
            if piece == 1 {
                fill(&mut writer, *row);
            }
            let line = writer.line(piece, &mut world).unwrap();
            plain += line.len();
            let mut out = Vec::new();
            coder.update(&line, &mut out).unwrap();
            writer.sent(&out, &world).unwrap();
            sent.extend(out);
        }
    }
    let mut out = Vec::new();
    coder.finish(&world, &mut out).unwrap();
    writer.sent(&out, &world).unwrap();
    sent.extend(out);
    let control = writer.control(&mut world).unwrap().unwrap();
    let digest = String::from_utf8(dsl::evaluate::coded::to_hex(&seal::digest(Digest::Md5, &sent), false));
    let wanted = format!("A.txt,{},{plain},{}\n", sent.len(), digest.unwrap());
    assert_eq!(String::from_utf8(control.clone()).unwrap(), wanted);

    let read = |octets: &[u8], control: &[u8], name: &str| {
        let (program, form) = message(&compiled, 0);
        let mut world = self::world(&compiled);
        world
            .facts
            .insert((Space::Exchange as u8, dsl::model::Fact::File as u16), Value::text(name.to_owned()));
        let mut reader = FileReader::new(program, form).unwrap();
        reader.control(control, &mut world)?;
        for chunk in octets.chunks(7) {
            reader.push(chunk, &mut world, &mut |_, _| Ok(()))?;
        }
        reader.finish(&mut world, &mut |_, _| Ok(()))
    };
    assert_eq!(read(&sent, &control, "A.txt"), Ok(()));
    assert!(read(&sent, &control, "B.txt").is_err(), "another name");
    let other = wanted.replace(&format!(",{},", sent.len()), ",7,");
    assert!(read(&sent, other.as_bytes(), "A.txt").is_err(), "another length");
    let mut changed = sent.clone();
    changed[3] ^= 1;
    assert!(read(&changed, &control, "A.txt").is_err(), "another octet");
}
