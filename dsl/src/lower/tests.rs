//! The laws of lowered messages, over every adapter of the project in every variant; then single messages by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::compile;
use crate::check::{Sources, Text};
use crate::model::{FieldKind, Message, Model};
use crate::program::{Compiled, Map, MessageProgram, Program, Read, Write};
use crate::resolve::{Choices, resolve, variants};

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

/// Every variant of every folder, with the others at their first.
pub(super) fn models() -> Vec<Model> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let sources = sources(&root);
    let mut models = vec![resolve(&sources.folders, &Choices::new()).0];
    for folder in &sources.folders {
        for variant in variants(folder).into_iter().skip(1) {
            let choices = [(folder.name.clone(), variant)].into();
            models.push(resolve(&sources.folders, &choices).0);
        }
    }
    models
}

fn compiled(model: &Model) -> Compiled {
    compile(model, &|span| span.start).unwrap_or_else(|errors| {
        let named = errors.iter().map(|one| (&model.modules[one.module].name, &one.errors));
        panic!("{:#?}", named.collect::<Vec<_>>());
    })
}

#[test]
fn every_adapter_is_lowered_and_keeps_the_laws() {
    for model in models() {
        let compiled = compiled(&model);
        for (module, made) in model.modules.iter().zip(&compiled.modules) {
            assert_eq!(module.messages.len(), made.program.messages.len());
            for (message, program) in module.messages.iter().zip(&made.program.messages) {
                laws(&module.name, message, program, &made.program);
            }
        }
    }
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
        for (field, slot, wire) in &set.fields {
            assert!(*slot != u16::MAX || *wire != u32::MAX, "{name}: {field}");
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
    for mut model in models() {
        let turned: Vec<_> = model.modules.iter().map(|module| crate::mirror::mirror(module).0).collect();
        for (module, turned) in model.modules.iter().zip(&turned) {
            let (again, _) = crate::mirror::mirror(turned);
            for (a, b) in module.messages.iter().zip(&again.messages) {
                assert_eq!((a.ours, &a.code, a.fields.len()), (b.ours, &b.code, b.fields.len()));
            }
        }
        model.modules = turned;
        let compiled = compiled(&model);
        for (module, made) in model.modules.iter().zip(&compiled.modules) {
            for (message, program) in module.messages.iter().zip(&made.program.messages) {
                laws(&module.name, message, program, &made.program);
            }
        }
    }
}
