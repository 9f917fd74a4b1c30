//! The laws of lowered messages, over every adapter of the project in every variant; then single messages by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::{LowerErrorKind, Lowering, compile};
use crate::check::{Sources, Text};
use crate::model::{FieldKind, Message, Model, Module};
use crate::program::{Map, MessageProgram, ModuleProgram, Paired, Program, Read, Write};
use crate::resolve::{Choices, Resolution, resolve, variants};

/// The adapters of a folder of folders.
fn sources(root: &Path) -> Sources {
    let mut texts = Vec::new();
    let sorted = |path: &Path| {
        let mut all: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    };
    for folder in sorted(root).into_iter().filter(|path| path.is_dir()) {
        for file in
            sorted(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "tongshi"))
        {
            texts.push(Text {
                folder: folder.file_name().unwrap().to_string_lossy().into(),
                path: file.display().to_string().into(),
                text: std::fs::read_to_string(&file).unwrap().into(),
            });
        }
    }
    Sources::parse(texts)
}

/// Every variant of every folder, with the others at their first: they share what is the same in them.
pub(super) fn models() -> Vec<Model> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let sources = sources(&root);
    let (resolution, first) = Resolution::new(&sources.folders, &Choices::new());
    let mut models = vec![first.model];
    for folder in &sources.folders {
        let others = variants(folder).into_iter().skip(1);
        models.extend(others.map(|variant| resolution.with(&folder.name, &variant).model));
    }
    models
}

/// Lowers every model and shows each module once.
fn each_lowered(models: &[Model], mut see: impl FnMut(&Module, &ModuleProgram)) {
    for (number, model) in models.iter().enumerate() {
        for (module, first) in model.modules.iter().zip(&models[0].modules) {
            if number == 0 || !Arc::ptr_eq(module, first) {
                see(module, &module_of(model, module));
            }
        }
    }
}

#[test]
fn every_adapter_is_lowered_and_keeps_the_laws() {
    each_lowered(&models(), |module, made| {
        assert_eq!(module.messages.len(), made.program.messages.len());
        for (message, program) in module.messages.iter().zip(&made.program.messages) {
            laws(&module.name, message, program, &made.program);
        }
    });
}

/// A variant resolved beside the others says what it says when all folders are resolved anew.
#[test]
fn a_variant_beside_the_others_is_what_it_is_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let sources = sources(&root);
    let (resolution, _) = Resolution::new(&sources.folders, &Choices::new());
    for folder in &sources.folders {
        let Some(variant) = variants(folder).into_iter().nth(1) else { continue };
        let beside = resolution.with(&folder.name, &variant).model;
        let (alone, _) = resolve(&sources.folders, &[(folder.name.clone(), variant)].into());
        for (one, other) in beside.modules.iter().zip(&alone.modules) {
            let flows = |model: &Model, module: &Module| {
                let made = module_of(model, module).flows;
                made.into_iter().map(|flow| flow.program).collect::<Vec<_>>()
            };
            assert_eq!(flows(&beside, one), flows(&alone, other), "{} in {}", one.name, folder.name);
            let names = |module: &Module| {
                module
                    .messages
                    .iter()
                    .map(|message| (message.code.clone(), message.fields.len()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(names(one), names(other), "{} in {}", one.name, folder.name);
        }
    }
}

fn module_of(model: &Model, module: &Module) -> ModuleProgram {
    super::module(model, module, &|span| span.start).unwrap()
}

/// D2: a field that is present in one list only is a bug of this compiler.
pub(super) fn laws(party: &str, message: &Message, made: &MessageProgram, program: &Program) {
    let name = format!("{party} {} {:?}", message.code, message.side);
    let read: BTreeSet<(u16, u32, u8)> = made
        .read
        .iter()
        .filter_map(|one| match one {
            Read::Store { slot, wire, level } => Some((*slot, *wire, *level)),
            _ => None,
        })
        .collect();
    let mut written = BTreeSet::new();
    let mut level = 0;
    for one in &made.write {
        match one {
            Write::List { .. } => level += 1,
            Write::Next { .. } => level -= 1,
            Write::Put { slot, wire, level } => {
                written.insert((*slot, *wire, *level));
            }
            Write::Fill { slot, wire, .. } => {
                written.insert((*slot, *wire, level));
            }
            _ => {}
        }
    }
    if made.file.as_ref().is_none_or(|file| file.pieces.is_empty()) {
        assert_eq!(level, 0, "{name}");
    }
    assert_eq!(read, written, "{name}");
    jumps(&name, made);
    balance(&name, made);
    indices(&name, made, program);
    for field in message.fields.iter().filter(|field| matches!(field.kind, FieldKind::Leaf { .. })) {
        assert!(made.fields.iter().any(|form| form.path == field.path && form.wire.is_some()), "{name}");
    }
}

fn jumps(name: &str, made: &MessageProgram) {
    for (at, one) in made.read.iter().enumerate() {
        let to = match one {
            Read::JumpIfMissing { to } | Read::Unless { to, .. } | Read::Jump { to } => *to,
            Read::List { end, .. } => *end,
            Read::Next { back, .. } => {
                assert!((*back as usize) <= at, "{name}");
                continue;
            }
            _ => continue,
        };
        assert!(to as usize > at && to as usize <= made.read.len(), "{name}: {at} {one:?}");
    }
    for (at, one) in made.write.iter().enumerate() {
        let to = match one {
            Write::UnlessPresent { to, .. } | Write::Unless { to, .. } | Write::Jump { to } => *to,
            Write::List { end, .. } => *end,
            _ => continue,
        };
        assert!(to as usize > at && to as usize <= made.write.len(), "{name}: {at} {one:?}");
    }
    for maps in [&made.take_out, &made.fill_in] {
        for (at, one) in maps.iter().enumerate() {
            let (Map::Each { end: to, .. } | Map::Unless { to, .. } | Map::Jump { to }) = one else {
                continue;
            };
            assert!(*to as usize > at && *to as usize <= maps.len(), "{name}: {at} {one:?}");
        }
    }
    assert_eq!(made.read.len(), made.read_cold.len());
    assert_eq!(made.write.len(), made.write_cold.len());
}

/// What is opened is closed, and each hole is filled once.
fn balance(name: &str, made: &MessageProgram) {
    let count = |of: fn(&Write) -> i32| made.write.iter().map(of).sum::<i32>();
    let formats = |one: &Write| match one {
        Write::Enter { .. } => 1,
        Write::Leave { .. } => -1,
        _ => 0,
    };
    let marks = |one: &Write| match one {
        Write::Mark { .. } => 1,
        Write::EndMark { .. } => -1,
        _ => 0,
    };
    let groups = |one: &Write| match one {
        Write::Down => 1,
        Write::Up => -1,
        _ => 0,
    };
    assert_eq!((count(formats), count(marks), count(groups)), (0, 0, 0), "{name}");
    let mut holes: BTreeMap<u16, i32> = BTreeMap::new();
    for one in &made.write {
        match one {
            Write::Hole { hole, .. } | Write::Gap { hole } => *holes.entry(*hole).or_default() += 1,
            Write::Fill { hole, .. } => *holes.entry(*hole).or_default() -= 1,
            _ => {}
        }
    }
    assert!(holes.values().all(|left| *left == 0), "{name}: {holes:?}");
    let formats: i32 = made
        .read
        .iter()
        .map(|one| match one {
            Read::Enter { .. } => 1,
            Read::Leave { .. } => -1,
            _ => 0,
        })
        .sum();
    assert_eq!(formats, 0, "{name}");
}

fn indices(name: &str, made: &MessageProgram, program: &Program) {
    let expressions = program.expressions.ranges.len() as u32;
    for one in &made.read {
        match one {
            Read::Enter { format, chain } => {
                assert!((*format as usize) < program.formats.len(), "{name}");
                assert!(*chain == u32::MAX || (*chain as usize) < program.chains.len(), "{name}");
            }
            Read::Take { wire } | Read::Store { wire, .. } => {
                assert!((*wire as usize) < program.wires.len(), "{name} {one:?}");
            }
            Read::Agree { expression, .. } => assert!(*expression < expressions, "{name}"),
            Read::Unless { condition, .. } => assert!(*condition < expressions, "{name}"),
            _ => {}
        }
    }
    for assignment in &made.assignments {
        assert!(assignment.source < expressions, "{name}");
    }
    for set in &program.expressions.pairs {
        for (field, paired) in &set.fields {
            let marked = match paired {
                Paired::Slot { .. } => true,
                Paired::Region(region) | Paired::FormRegion(region) | Paired::JsonRegion(region) => {
                    *region != u16::MAX
                }
            };
            assert!(marked, "{name}: {field}");
        }
    }
    let regions = |code: &crate::program::Code| match code {
        crate::program::Code::Raw(region) | crate::program::Code::Length(region) => *region != u16::MAX,
        crate::program::Code::RawRange(from, to) => *from != u16::MAX && *to != u16::MAX,
        _ => true,
    };
    assert!(program.expressions.code.iter().all(regions), "{name}: a region that is not marked");
}

#[test]
fn every_mirror_is_lowered_and_keeps_the_laws() {
    let mut models = models();
    let first = models[0].modules.clone();
    let turned: Vec<_> = first.iter().map(|module| Arc::new(turned(module))).collect();
    for model in &mut models {
        for ((module, known), turned_known) in model.modules.iter_mut().zip(&first).zip(&turned) {
            let same = Arc::ptr_eq(module, known);
            *module = if same { Arc::clone(turned_known) } else { Arc::new(self::turned(module)) };
        }
    }
    each_lowered(&models, |module, made| {
        for (message, program) in module.messages.iter().zip(&made.program.messages) {
            laws(&module.name, message, program, &made.program);
        }
    });
}

/// The module turned round; turned twice it is what it was.
fn turned(module: &Module) -> Module {
    let (turned, _) = crate::mirror::mirror(module);
    let (again, _) = crate::mirror::mirror(&turned);
    for (a, b) in module.messages.iter().zip(&again.messages) {
        assert_eq!((a.ours, &a.code, a.fields.len()), (b.ours, &b.code, b.fields.len()));
    }
    turned
}

const HEAD: &str = r#"
party small "小" {
  charset  utf8
  day      cut_over 23:30
  serial   counter(12)
}
key mac secret "密钥"
link line tcp connect {
  carries  wire
  frame    length 4 digits
  hold     4 connections, one exchange each
  timeout  connect 3s, answer 10s
}
"#;

/// The errors of lowering, and the request of the one call, of a party with this packet and these fields.
fn small(packet: &str, request: &str) -> (Vec<LowerErrorKind>, MessageProgram, Program) {
    let call = format!("call ask \"问\" {{\n  request \"01\" {{\n{request}\n  }}\n}}\n");
    let text = format!("{HEAD}\npacket wire {{\n{packet}\n}}\n\n{call}");
    let one = Text { folder: "small".into(), path: "small.tongshi".into(), text: text.into() };
    let sources = Sources::parse([one]);
    assert!(sources.problems.is_empty(), "{:#?}", sources.problems);
    let (model, _) = resolve(&sources.folders, &Choices::new());
    let module = &model.modules[0];
    let line_of = |_| 1;
    let mut lowering = Lowering::new(&model, module, &line_of);
    lowering.messages();
    let errors = lowering.errors.into_iter().map(|error| error.kind).collect();
    let message = lowering.program.messages.first().cloned().unwrap_or_default();
    (errors, message, lowering.program)
}

fn kinds(made: &MessageProgram) -> Vec<&'static str> {
    made.write
        .iter()
        .map(|one| match one {
            Write::Put { .. } => "put",
            Write::Hole { .. } => "hole",
            Write::Gap { .. } => "gap",
            Write::Fill { .. } => "fill",
            Write::Compute { .. } => "compute",
            Write::Sign { .. } => "sign",
            Write::Enter { .. } => "enter",
            Write::Leave { .. } => "leave",
            Write::Mark { .. } => "mark",
            Write::EndMark { .. } => "end mark",
            Write::Child { .. } => "child",
            Write::Part(_) => "part",
            _ => "other",
        })
        .collect()
}

#[test]
fn a_length_before_its_body_is_a_hole() {
    let packet = r#"
  head  fixed {
    code    digits 2      = message.code
    length  number 4 digits = length(body)
  }
  body  fixed {
    message fields
  }"#;
    let (errors, made, _) = small(packet, "    a  text 3 bytes  <- exchange.serial");
    assert_eq!(errors, []);
    assert_eq!(
        kinds(&made),
        [
            "part", "enter", "enter", "put", "hole", "leave", "mark", "enter", "put", "end mark", "compute",
            "fill", "leave", "leave"
        ]
    );
    // Read behind the body, when its octets are known.
    let agree = made.read.iter().rposition(|one| matches!(one, Read::Agree { .. }));
    let body = made.read.iter().rposition(|one| matches!(one, Read::EndMark { .. }));
    assert!(agree > body);
}

#[test]
fn a_mac_behind_its_octets_needs_no_hole() {
    let packet = r#"
  body  fixed {
    code  digits 2  = message.code
    message fields
  }
  mac   text 16 bytes  = hex_upper(digest(md5, raw(body) + key.mac))"#;
    let (errors, made, _) = small(packet, "    a  text 3 bytes  <- exchange.serial");
    assert_eq!(errors, []);
    assert_eq!(made.holes, 0);
    assert_eq!(
        kinds(&made),
        ["part", "enter", "mark", "enter", "put", "put", "end mark", "leave", "compute", "put", "leave"]
    );
}

#[test]
fn a_seal_in_front_of_its_object_is_a_gap() {
    let packet = r#"
  whole  json {
    sign  text ..64 chars  = hex(digest(sha256, raw(data) + key.mac))
    data  group {
      code  text ..2 chars  = message.code
      message fields
    }
  }"#;
    let (errors, made, _) = small(packet, "    a  text ..20 chars  <- exchange.serial");
    assert_eq!(errors, []);
    let kinds = kinds(&made);
    let at = |what| kinds.iter().position(|one| *one == what).unwrap();
    assert!(
        at("gap") < at("mark") && at("end mark") < at("compute") && at("fill") < at("leave"),
        "{kinds:?}"
    );
}

#[test]
fn what_has_no_order_is_an_error_with_its_path() {
    let packet = "  body  fixed {\n    message fields\n  }";
    let (errors, ..) = small(packet, "    a  number 4 digits  = b\n    b  number 4 digits  = a");
    assert_eq!(errors, [LowerErrorKind::Cycle(vec!["body.a".into(), "body.b".into(), "body.a".into()])]);

    let packet = "  body  json {\n    mac  text ..32 chars  = hex(digest(md5, raw(body) + key.mac))\n    message fields\n  }";
    let (errors, ..) = small(packet, "    a  text ..20 chars  <- exchange.serial");
    assert_eq!(errors, [LowerErrorKind::SealCoversItself("body".into())]);

    let packet = r#"
  head  delimited "|" trailing {
    length  number ..8 digits  = length(body)
  }
  body  delimited "|" trailing {
    message fields
  }"#;
    let (errors, ..) = small(packet, "    a  text ..20 chars  <- exchange.serial");
    assert_eq!(errors, [LowerErrorKind::NeedsLater("body".into())]);
}

#[test]
fn counts_follow_their_rows_and_rows_are_counted_by_them() {
    let packet = "  body  fixed {\n    message fields\n  }";
    let request = r#"    count  number 3 digits  = count(rows)
    rows   list ..99 {
      mark  text 1 bytes  = "D"
      sub   list 2 {
        x  digits 2
      }
    }
    total  number 3 digits  = count(rows.sub)"#;
    let (errors, made, program) = small(packet, request);
    assert_eq!(errors, []);
    assert_eq!(made.lists[0].counted_by, Some(0));
    // The constants of rows that stand already are filled in place.
    assert!(matches!(made.fill_in.first(), Some(Map::Set { .. } | Map::Each { .. })));
    assert!(made.pairings.iter().all(|pairing| pairing.source == pairing.target));
    // A count over a list within rows adds up the rows around it.
    let nested =
        program.expressions.code.iter().any(
            |code| matches!(code, crate::program::Code::Fold { sum: true, each, .. } if *each != u32::MAX),
        );
    assert!(nested);
}

#[test]
fn the_code_of_each_call_stands_in_its_path() {
    let text = r#"party shop "S" {
  charset  utf8
  day      cut_over 00:00
  serial   counter(12)
}
setting base text ..20 chars "B"
link web http connect "W" {
  carries  plain
  post     "/{setting.base}/{message.code}"
  timeout  connect 3s, answer 10s
}
packet plain {
  content  json {
    message fields
  }
}
call look {
  request "query"
}
call book {
  request "pay"
}
"#;
    let one = Text { folder: "shop".into(), path: "shop/shop.tongshi".into(), text: text.into() };
    let sources = Sources::parse([one]);
    let (model, diagnostics) = resolve(&sources.folders, &Choices::new());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let made = compile(&model, &|span| span.start).unwrap();
    let program = &made.modules[0].program;
    let ends = made.modules[0].calls.iter().map(|call| {
        let (from, to) = program.expressions.ranges[call.path.unwrap() as usize];
        let mut texts =
            program.expressions.code[from as usize..to as usize].iter().filter_map(|code| match code {
                crate::program::Code::Constant(at) => Some(&program.expressions.constants[*at as usize]),
                _ => None,
            });
        texts.next_back().cloned().unwrap()
    });
    let text = |text: &str| crate::value::Constant::Text(text.into());
    assert_eq!(ends.collect::<Vec<_>>(), [text("query"), text("pay")]);
}

/// The number of an order is one for ever; what names its day, and a serial that runs on, may come again.
#[test]
fn keys_that_may_come_again_are_told_from_those_that_may_not() {
    let text = r#"party shop "S" {
  charset  utf8
  day      cut_over 00:00
  serial   counter(12)
}
link web http accept "W" {
  carries  plain
  post     "/in"
  timeout  answer 10s
}
packet plain {
  content  json {
    code    text ..8 chars   = message.code
    serial  text ..32 chars  = exchange.serial
    message fields
  }
}
serve by_serial {
  once  exchange.serial
  request "a"
  reply
}
serve by_long_serial {
  once      exchange.serial
  promises  repeats within 720h
  request "b"
  reply
}
serve by_order {
  once  request.orderNo
  request "c" {
    orderNo  text ..32 chars
  }
  reply
}
serve by_order_of_day {
  once  request.orderNo
  request "d" {
    orderNo  text ..32 chars
    date     date "yyyyMMdd"  = exchange.date
  }
  reply
}
link box folder accept {
  poll  60s
  once  name
}
serve by_file over box {
  ask {
    no  text ..8 chars
  }
  once  ask.no
  request file "L_{head.no}.txt" delimited "|" lines lf {
    head  line {
      mark  text 1 chars    = "H"
      no    text ..8 chars  -> ask.no
    }
  }
}
"#;
    let one = Text { folder: "shop".into(), path: "shop/shop.tongshi".into(), text: text.into() };
    let (model, diagnostics) = resolve(&Sources::parse([one]).folders, &Choices::new());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let made = compile(&model, &|span| span.start).unwrap();
    let anew = made.modules[0].calls.iter().map(|call| (&*call.call.name, call.once_anew));
    let known = [
        ("by_serial", true),
        ("by_long_serial", false),
        ("by_order", false),
        ("by_order_of_day", true),
        ("by_file", true),
    ];
    assert_eq!(anew.collect::<Vec<_>>(), known);
}
