//! ISO 8583 against messages of another implementation (pyiso8583): every field of every vector, both ways.
//!
//! The program of a vector is made here from its specification: each field is figures, text or octets with the length
//! that the specification says.

use std::path::Path;

use adapters::value::Record;
use dsl::evaluate::coded::{from_hex, to_hex};
use dsl::model::{Prefix, PrefixKind, TextCode};
use dsl::program::{
    Compiled, FormatForm, Measures, MessageProgram, Part, Program, Read, WireForm, WireName, Write,
};
use dsl::value::{Absent, Charset, Form, Letters, Size, Type, Unit};
use serde_json::Value as Json;

use crate::world::{self, World};

fn wire(spec: &Json) -> WireForm {
    let number = |name: &str| u32::try_from(spec[name].as_u64().unwrap()).unwrap();
    let (encoding, max, kind) = (spec["data_enc"].as_str().unwrap(), number("max_len"), number("len_type"));
    let figures = encoding == "b" && spec["len_count"] != "bytes";
    let (form, letters) = match encoding {
        "b" if figures => (Form::Text, Letters::Packed),
        "b" => (Form::Bytes, Letters::Set(Charset::Ascii)),
        other => (Form::Text, Letters::Set(Charset::from_name(other).unwrap())),
    };
    let binary = spec["len_enc"] == "b";
    let prefix = (kind > 0)
        .then_some(Prefix { size: kind, kind: if binary { PrefixKind::Big } else { PrefixKind::Ascii } });
    WireForm {
        ty: Type::Text { chars: max, private: None },
        form,
        size: if kind == 0 { Size::Fixed(max) } else { Size::Range { min: 0, max } },
        unit: if figures { Unit::Digits } else { Unit::Bytes },
        letters,
        fill: None,
        signed: false,
        absent: Absent::LeftOut,
        chain: None,
        prefix,
        sized_by: None,
        ending: None,
        quoted: false,
        trimmed: false,
        tolerate: Vec::new(),
        unmapped: None,
        near: None,
        measures: Measures::default(),
    }
    .measured(&[])
}

/// A program with a slot for each field of the specification; slot 0 is the message type.
fn program(spec: &serde_json::Map<String, Json>) -> (Program, Vec<String>) {
    let mut names = vec!["t".to_owned()];
    let mut numbers: Vec<u16> =
        spec.keys().filter_map(|key| key.parse().ok()).filter(|bit| *bit > 1 && *bit != 65).collect();
    numbers.sort_unstable();
    names.extend(numbers.iter().map(u16::to_string));
    let wires: Vec<WireForm> = names.iter().map(|name| wire(&spec[name])).collect();
    let bit = |name: &str| name.parse::<u16>().unwrap_or(0);
    let fields = names.iter().zip(0..).map(|(name, wire)| (bit(name), wire)).collect();
    let code = match spec["t"]["data_enc"].as_str().unwrap() {
        "b" => TextCode::Bcd,
        "cp500" => TextCode::Ebcdic,
        _ => TextCode::Ascii,
    };
    let bitmap_hex = spec["p"]["data_enc"] != "b";
    let format = FormatForm::Iso8583 { code, bitmap_hex, fields };
    let mut read = vec![Read::Part(Part::Content), Read::Enter { format: 0, chain: u32::MAX }];
    let mut write = vec![Write::Part(Part::Content), Write::Enter { format: 0 }];
    for place in 0..u16::try_from(names.len()).unwrap() {
        read.push(Read::Child { name: place });
        read.push(Read::Store { slot: place, wire: u32::from(place), level: 0 });
        let to = u32::try_from(write.len()).unwrap() + 3;
        write.push(Write::UnlessPresent { slot: place, level: 0, to });
        write.push(Write::Child { name: place });
        write.push(Write::Put { slot: place, wire: u32::from(place), level: 0 });
    }
    read.push(Read::Leave { kept: false });
    write.push(Write::Leave { chain: u32::MAX });
    let message = MessageProgram {
        read: read.into(),
        write: write.into(),
        slots: u16::try_from(names.len()).unwrap(),
        names: names.iter().map(|name| WireName::of(&bit(name).to_string())).collect(),
        ..MessageProgram::default()
    };
    (Program { wires, formats: vec![format], messages: vec![message], ..Program::default() }, names)
}

fn text(record: &Record, slot: usize, octets: bool) -> Option<String> {
    use dsl::evaluate::Value;
    match record.value(slot).unwrap() {
        Value::Absent => None,
        Value::Bytes(value) => Some(String::from_utf8(to_hex(&value, true)).unwrap()),
        Value::Text(value) => Some(if octets { value.to_uppercase() } else { value.into_owned() }),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_vector_is_read_and_written_to_the_same_octets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/iso8583");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 37);
    let mut seen = 0;
    for path in files {
        let vector: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let Some(spec) = vector["spec"].as_object() else { continue };
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (program, names) = program(spec);
        let whole = from_hex(vector["hex"].as_str().unwrap().as_bytes()).unwrap();
        let head = spec["h"]["max_len"].as_u64().unwrap_or(0) as usize;
        let head = if vector["message"].get("h").is_some() { head } else { 0 };
        let octets = &whole[head..];
        let mut world = World::new(&Compiled::default());
        let programs = (&program, &program.messages[0]);
        let record = world::read(programs, octets, &mut world, false)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        let decoded = vector["decoded_back"].as_object().unwrap();
        for (slot, field) in names.iter().enumerate() {
            // Blanks at the end of a text of fixed width are filling.
            let plain =
                |text: &str| if spec[field]["len_type"] == 0 { text.trim_end() } else { text }.to_owned();
            let expected = decoded.get(field).and_then(Json::as_str).map(plain);
            assert_eq!(text(&record, slot, spec[field]["data_enc"] == "b"), expected, "{name} field {field}");
        }
        let written = world::write(programs, record, &mut world, false)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!(to_hex(written.part(Part::Content), true), to_hex(octets, true), "{name}");
        for length in 0..octets.len() {
            assert!(
                world::read(programs, &octets[..length], &mut world, false).is_err(),
                "{name} cut at {length}"
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 35);
}
