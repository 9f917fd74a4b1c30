//! The short way of usual values and of formats that stand as they should is the same as the way that all can go, for made-up wire
//! forms, values and octets, both ways, with all that can be wrong.
//!
//! In: a program as it was measured, and the same with nothing noted of what is usual. Out: the same octets, the same values, the same
//! faults at the same places.

use adapters::codec::{Fault, Reader, Run, Writer};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{Prefix, PrefixKind, TextCode};
use dsl::program::{
    Compiled, FormatForm, Measures, MessageProgram, Part, Program, Read, Usual, WireForm, WireList, WireName,
    Write,
};
use dsl::value::{
    Absent, AbsentForm, Calendar, Charset, Date, DateTime, Decimal, Form, Letters, Side, Size, Time, Type,
    Unit,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::world::World;

fn form() -> impl Strategy<Value = Form> {
    let calendar = |kind, form: &'static str| Just(Form::Calendar(kind, form.into()));
    prop_oneof![
        4 => Just(Form::Text),
        2 => Just(Form::Ascii),
        2 => Just(Form::Digits),
        3 => Just(Form::Number),
        2 => Just(Form::Fen),
        2 => Just(Form::Yuan),
        1 => Just(Form::Li),
        2 => (0_u32..12).prop_map(|scale| Form::Decimal { scale }),
        2 => calendar(Calendar::Date, "yyyyMMdd"),
        1 => calendar(Calendar::Date, "yyyy-MM-dd"),
        1 => calendar(Calendar::Month, "yyyyMM"),
        1 => calendar(Calendar::Time, "HHmmss"),
        1 => calendar(Calendar::DateTime, "yyyyMMddHHmmss"),
        1 => Just(Form::Flag("Y".into(), "N".into())),
        1 => Just(Form::Flag("1".into(), " ".into())),
        1 => Just(Form::Flag("yes".into(), "no".into())),
        1 => Just(Form::Bytes),
    ]
}

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![
        4 => (0_u32..21).prop_map(Size::Fixed),
        3 => (0_u32..6, 0_u32..14).prop_map(|(min, more)| Size::Range { min, max: min + more }),
        1 => Just(Size::ByForm),
    ]
}

fn absent() -> impl Strategy<Value = Absent> {
    prop_oneof![
        4 => Just(Absent::Never),
        3 => Just(Absent::LeftOut),
        1 => Just(Absent::As(vec![AbsentForm::Blank])),
        1 => Just(Absent::As(vec![AbsentForm::Zero, AbsentForm::Empty])),
        1 => Just(Absent::As(vec![AbsentForm::Text("null".into())])),
    ]
}

fn wire() -> impl Strategy<Value = WireForm> {
    let number = (
        prop_oneof![Just(0_i128), Just(-5), Just(3)],
        prop_oneof![Just(99_i128), Just(10_i128.pow(13)), Just(i128::MAX)],
    )
        .prop_map(|(min, max)| Type::Number { min, max });
    let ty = prop_oneof![3 => number, 1 => Just(Type::Money { digits: 12 })];
    let unit = prop_oneof![Just(Unit::Bytes), Just(Unit::Chars), Just(Unit::Digits)];
    let letters = prop_oneof![4 => Just(Charset::Gbk), 3 => Just(Charset::Utf8), 1 => Just(Charset::Ascii), 1 => Just(Charset::Cp037)];
    let fill = option::weighted(
        0.3,
        prop_oneof![Just((Side::Right, b' ')), Just((Side::Left, b'0')), Just((Side::Left, b' '))],
    );
    let tolerated = option::weighted(
        0.2,
        prop_oneof![Just("blanks"), Just("half_character"), Just("short"), Just("any")],
    );
    let prefix = option::weighted(0.3, (1_u32..4).prop_map(|size| Prefix { size, kind: PrefixKind::Ascii }));
    let few = prop::bool::weighted(0.15);
    ((form(), size(), unit, letters, ty), (fill, few, absent(), any::<bool>(), few, tolerated, prefix))
        .prop_map(
            |(
                (form, size, unit, letters, ty),
                (fill, signed, absent, quoted, trimmed, tolerated, prefix),
            )| {
                // A day or time most often is as wide as it says.
                let size = match (&form, size) {
                    (Form::Calendar(_, form), Size::Fixed(0..16)) => {
                        Size::Fixed(u32::try_from(form.len()).unwrap())
                    }
                    (Form::Flag(yes, _), Size::Fixed(0..16)) => {
                        Size::Fixed(u32::try_from(yes.len()).unwrap())
                    }
                    _ => size,
                };
                WireForm {
                    ty,
                    form,
                    size,
                    unit,
                    letters: Letters::Set(letters),
                    fill,
                    signed,
                    absent,
                    chain: None,
                    prefix,
                    sized_by: None,
                    ending: None,
                    quoted,
                    trimmed,
                    tolerate: tolerated.map(Into::into).into_iter().collect(),
                    unmapped: None,
                    near: None,
                    measures: Measures::default(),
                }
                .measured(&[])
            },
        )
}

fn value() -> impl Strategy<Value = Value<'static>> {
    let day =
        (1_i16..9999, 1_i8..13, 1_i8..29).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap());
    let clock = (0_i8..24, 0_i8..60, 0_i8..60, prop_oneof![Just(0), Just(5)])
        .prop_map(|(hour, minute, second, rest)| Time::new(hour, minute, second, rest).unwrap());
    let number = prop_oneof![0_i64..1_000_000, -9_i64..9, any::<i64>(), 0_i64..20_000_000_000_000_000];
    prop_oneof![
        4 => "[0-9]{0,20}".prop_map(Value::text),
        2 => "[ -~]{0,14}".prop_map(Value::text),
        3 => "[a-z东莞市é水<&\" ]{0,8}".prop_map(Value::text),
        1 => "(null|[\\PC]{0,5})".prop_map(Value::text),
        3 => number.clone().prop_map(|number| Value::Number(number.into())),
        4 => (number, 0_u32..12).prop_map(|(number, scale)| Value::Decimal(Decimal::new(number, scale % 4 + scale / 4))),
        2 => day.clone().prop_map(Value::Date),
        2 => clock.clone().prop_map(Value::Time),
        1 => (day, clock).prop_map(|(day, clock)| Value::DateTime(DateTime::from_parts(day, clock))),
        2 => any::<bool>().prop_map(Value::Flag),
        1 => Just(Value::Absent),
    ]
}

/// The value that a wire form most often has.
fn fitting(wire: &WireForm, value: Value<'static>, number: i64) -> Value<'static> {
    let few = match wire.size {
        Size::Fixed(units) | Size::Range { max: units, .. } => 10_i64.pow(units.saturating_sub(1).min(17)),
        Size::ByForm => 1_000_000,
    };
    match (&wire.form, &value) {
        (Form::Digits, Value::Number(_)) => {
            Value::text(format!("{:01$}", number % few, wire.measures.least.min(20)))
        }
        (Form::Number, Value::Text(_)) => Value::Number((number % few).into()),
        (Form::Fen | Form::Yuan | Form::Li, Value::Text(_)) => Value::Decimal(Decimal::new(number % few, 2)),
        (Form::Decimal { scale }, Value::Text(_)) => Value::Decimal(Decimal::new(number % few, *scale)),
        _ => value,
    }
}

/// What a message is made of: the format, and whether values stand in a group, or in the rows of a list.
#[derive(Clone, Debug)]
struct Shape {
    format: FormatForm,
    grouped: bool,
    listed: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let charset = prop_oneof![Just("gbk"), Just("utf8")];
    let code = prop_oneof![4 => Just(TextCode::Ascii), 1 => Just(TextCode::Bcd), 1 => Just(TextCode::Ebcdic)];
    let format = prop_oneof![
        3 => Just(FormatForm::Fixed),
        3 => charset.clone().prop_map(|charset| FormatForm::Xml { form: None, soap: 0, charset: charset.into() }),
        3 => charset.prop_map(|charset| FormatForm::Json { charset: charset.into(), lenient: false }),
        3 => (code, any::<bool>()).prop_map(|(code, bitmap_hex)| FormatForm::Iso8583 { code, bitmap_hex, fields: Vec::new() }),
    ];
    (format, any::<bool>(), any::<bool>()).prop_map(|(format, grouped, listed)| Shape {
        format,
        grouped,
        listed,
    })
}

fn is_named(format: &FormatForm) -> bool {
    matches!(format, FormatForm::Xml { .. } | FormatForm::Json { .. })
}

/// A program of one message, its values in the order of their slots.
fn program(shape: &Shape, wires: &[WireForm]) -> Program {
    let mut wires = wires.to_vec();
    let mut format = shape.format.clone();
    let count = u16::try_from(wires.len()).unwrap();
    let bits = [2_u16, 3, 11, 64, 65, 70, 128, 130];
    let names: Vec<String> = match &mut format {
        FormatForm::Iso8583 { fields, .. } => {
            // What no width ends has a length before it.
            for wire in &mut wires {
                if wire.measures.width.is_none() && wire.prefix.is_none() {
                    wire.prefix = Some(Prefix { size: 2, kind: PrefixKind::Ascii });
                    *wire = wire.clone().measured(&[]);
                }
            }
            *fields = bits.into_iter().zip(0..).take(wires.len()).collect();
            bits.iter().map(ToString::to_string).collect()
        }
        FormatForm::Fixed => {
            // Something has to say where each ends.
            for wire in &mut wires {
                wire.prefix = None;
                if wire.measures.width.is_none_or(|width| width == 0) {
                    (wire.size, wire.unit) = (Size::Fixed(6), Unit::Bytes);
                }
                *wire = wire.clone().measured(&[]);
            }
            Vec::new()
        }
        _ => {
            wires.iter_mut().for_each(|wire| wire.prefix = None);
            (0..count).map(|place| format!("f{place}")).collect()
        }
    };
    let mut names: Vec<WireName> = names.iter().map(|name| WireName::of(name)).collect();
    let group = u16::try_from(names.len()).unwrap();
    names.extend([WireName::of("group"), WireName::of("row")]);
    let named = is_named(&shape.format);
    let (grouped, listed) = (named && shape.grouped, named && shape.listed && shape.grouped);
    let mut read = vec![Read::Part(Part::Content), Read::Enter { format: 0, chain: u32::MAX }];
    let mut write = vec![Write::Part(Part::Content), Write::Enter { format: 0 }];
    if grouped {
        read.extend([Read::Child { name: group }, Read::Down]);
        write.extend([Write::Child { name: group }, Write::Down]);
    }
    let level = u8::from(listed);
    if listed {
        read.extend([Read::Child { name: group + 1 }, Read::List { list: 0, end: 0 }, Read::Down]);
        write.extend([Write::Child { name: group + 1 }, Write::List { list: 0, end: 0 }, Write::Down]);
    }
    for (place, wire) in (0..count).zip(0_u32..) {
        if shape.format == FormatForm::Fixed {
            read.push(Read::Take { wire });
        } else {
            read.push(Read::Child { name: place });
            if wires[usize::from(place)].absent == Absent::LeftOut {
                let to = u32::try_from(write.len()).unwrap() + 3;
                write.push(Write::UnlessPresent { slot: place, level, to });
            }
            write.push(Write::Child { name: place });
        }
        read.push(Read::Store { slot: place, wire, level });
        write.push(Write::Put { slot: place, wire, level });
    }
    if listed {
        let back = |code: usize| u32::try_from(code).unwrap();
        let (begun_read, begun_write) = (
            read.iter().position(|step| matches!(step, Read::List { .. })),
            write.iter().position(|step| matches!(step, Write::List { .. })),
        );
        let (begun_read, begun_write) = (begun_read.unwrap(), begun_write.unwrap());
        read.extend([Read::Up, Read::Next { list: 0, back: back(begun_read + 1) }]);
        write.extend([Write::Up, Write::Next { list: 0, back: back(begun_write + 1) }]);
        read[begun_read] = Read::List { list: 0, end: back(read.len()) };
        write[begun_write] = Write::List { list: 0, end: back(write.len()) };
    }
    if grouped {
        read.push(Read::Up);
        write.push(Write::Up);
    }
    read.push(Read::Leave { kept: false });
    write.push(Write::Leave { chain: u32::MAX });
    let list = WireList {
        slot: 0,
        level: 0,
        stride: count,
        min: 1,
        max: 3,
        counted_by: None,
        until_end: false,
        alone: false,
        tolerant: false,
        of_line: false,
        lines_behind: 0,
        run: None,
        pattern: None,
        cold: 0,
    };
    let mut message = MessageProgram {
        read: read.into(),
        write: write.into(),
        slots: if listed { 1 } else { count },
        names,
        lists: vec![list],
        charset: "gbk".into(),
        ..MessageProgram::default()
    };
    dsl::lower::note_strides(&mut message, &wires);
    Program { wires, formats: vec![format], messages: vec![message], ..Program::default() }
}

/// The same program with nothing noted of what is usual.
fn unmarked(program: &Program) -> Program {
    let mut general = program.clone();
    for wire in &mut general.wires {
        (wire.measures.usual_padded, wire.measures.usual_unpadded) = (Usual::None, Usual::None);
    }
    for message in &mut general.messages {
        (message.read_strides, message.write_strides) = (Box::default(), Box::default());
    }
    general
}

/// The same program with what is usual of its forms alone.
fn unstrided(program: &Program) -> Program {
    let mut general = program.clone();
    for message in &mut general.messages {
        (message.read_strides, message.write_strides) = (Box::default(), Box::default());
    }
    general
}

/// All values of a record, with how long its lists are.
fn shown(record: &Record) -> Vec<String> {
    (0..record.slots.len())
        .map(|index| format!("{:?} {:?}", record.slot(index).tag, record.value(index)))
        .collect()
}

fn read(program: &Program, octets: &[u8]) -> (Option<Fault>, Vec<String>) {
    let mut world = World::new(&Compiled::default());
    let mut record = Record::default();
    record.set_part(Part::Content, bytes::Bytes::copy_from_slice(octets));
    let mut reader = Reader::new(program, &program.messages[0], record);
    match reader.run(&mut world) {
        Run::Done => (None, shown(reader.record())),
        Run::Fault(fault) => (Some(fault), shown(reader.record())),
        Run::Need(_) => panic!("there are no seals"),
    }
}

fn write(program: &Program, record: &Record) -> Result<Vec<u8>, Fault> {
    let mut world = World::new(&Compiled::default());
    let mut writer = Writer::new(program, &program.messages[0], record.clone());
    match writer.run(&mut world) {
        Run::Done => Ok(writer.finish().0.take(Part::Content)),
        Run::Fault(fault) => Err(fault),
        Run::Need(_) => panic!("there are no seals"),
    }
}

/// Octets that somebody could have written.
fn made_up(format: &FormatForm, count: usize, texts: &[String], grouped: bool) -> Vec<u8> {
    let texts = texts.iter().take(count);
    let (text, before, behind) = match format {
        FormatForm::Xml { .. } => (
            texts.enumerate().map(|(place, text)| format!("<f{place}>{text}</f{place}>")).collect(),
            "<group>",
            "</group>",
        ),
        FormatForm::Json { .. } => {
            let all: Vec<String> =
                texts.enumerate().map(|(place, text)| format!("\"f{place}\":{text}")).collect();
            (format!("{{{}}}", all.join(", ")), "{\"group\": ", "}")
        }
        _ => (texts.map(String::as_str).collect::<String>(), "", ""),
    };
    let text = if grouped && is_named(format) { [before, &text, behind].concat() } else { text };
    adapters::charset::encode(Charset::Gbk, &text)
        .map_or_else(|_| text.clone().into_bytes(), std::borrow::Cow::into_owned)
}

#[test]
fn whole_formats_of_plain_values_are_noted() {
    let wire = |form, size| {
        let wire = WireForm {
            ty: Type::Text { chars: 20, private: None },
            form,
            size: Size::Fixed(size),
            unit: Unit::Bytes,
            letters: Letters::Set(Charset::Gbk),
            fill: None,
            signed: false,
            absent: Absent::Never,
            chain: None,
            prefix: None,
            sized_by: None,
            ending: None,
            quoted: true,
            trimmed: false,
            tolerate: Vec::new(),
            unmapped: None,
            near: None,
            measures: Measures::default(),
        };
        wire.measured(&[])
    };
    let day = Form::Calendar(Calendar::Date, "yyyyMMdd".into());
    let wires = [wire(Form::Digits, 4), wire(day, 8), wire(Form::Text, 10), wire(Form::Fen, 12)];
    for wire in &wires {
        assert!(wire.measures.usual_padded != Usual::None, "{wire:?}");
    }
    let charset = "gbk";
    let formats = [
        FormatForm::Fixed,
        FormatForm::Xml { form: None, soap: 0, charset: charset.into() },
        FormatForm::Json { charset: charset.into(), lenient: false },
        FormatForm::Iso8583 { code: TextCode::Ascii, bitmap_hex: true, fields: Vec::new() },
    ];
    for format in formats {
        for listed in [false, true] {
            let program = program(&Shape { format: format.clone(), grouped: listed, listed }, &wires);
            let message = &program.messages[0];
            for (instructions, strides) in
                [(message.read.len(), &message.read_strides), (message.write.len(), &message.write_strides)]
            {
                assert_eq!(usize::from(strides[1].values), instructions - 2, "{format:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_short_way_is_the_same_as_the_long_one(
        shape in shape(),
        wires in vec(wire(), 1..8),
        rows in vec(vec((value(), 0_i64..10_000_000_000), 8), 1..3),
        texts in vec(prop_oneof!["[0-9]{1,12}", "\"[a-z水0-9 ]{0,8}\"", "[0-9]{1,5}[.][0-9]{2}"], 8),
        changes in vec((0_usize..120, any::<u8>()), 0..3),
        swapped in option::of((0_usize..120, 0_usize..120)),
        length in 0_usize..200,
    ) {
        let program = program(&shape, &wires);
        let (general, plain) = (unmarked(&program), unstrided(&program));
        let message = &program.messages[0];
        let mut record = Record::new(message.slots);
        let listed = usize::from(message.slots) != wires.len()
            || message.read.iter().any(|step| matches!(step, Read::List { .. }));
        if listed {
            record.begin_list(0, u16::try_from(wires.len()).unwrap(), 0).unwrap();
        }
        for row in rows.iter().take(if listed { 3 } else { 1 }) {
            let base = if listed { record.append_row(0, 3).unwrap() } else { 0 };
            for (place, (wire, (value, number))) in program.wires.iter().zip(row).enumerate() {
                record.set(base + place, &fitting(wire, value.clone(), *number)).unwrap();
            }
        }
        let written = write(&general, &record);
        prop_assert_eq!(&write(&program, &record), &written);
        prop_assert_eq!(&write(&plain, &record), &written);
        let other = made_up(&shape.format, wires.len(), &texts, shape.grouped);
        for mut octets in written.into_iter().chain([other]) {
            prop_assert_eq!(read(&program, &octets), read(&general, &octets));
            if let Some((one, other)) = swapped.filter(|(one, other)| one.max(other) < &octets.len()) {
                octets.swap(one, other);
            }
            for (place, octet) in &changes {
                if let Some(old) = octets.get_mut(*place) {
                    *old = *octet;
                }
            }
            for octets in [&octets[..], &octets[..octets.len().min(length)]] {
                let expected = read(&general, octets);
                prop_assert_eq!(&read(&program, octets), &expected);
                prop_assert_eq!(&read(&plain, octets), &expected);
            }
        }
    }
}
