//! Files of a party: those that it puts for the bank, and those that the bank puts for it.
//!
//! In: what its world says, and the folders of its links. Out: whole files under the adapter's names with their end marks;
//! what files hold, handed to the world as any message is. A file that answers one of ours is told to the act that said it.
//! It must not know what the bank makes of a file.

use super::PartyConfig;
use super::begin::Caller;
use super::compose::{ComposedFile, compose_file};
use super::play::{Play, locked, up};
use super::serve::{garble, pause};
use crate::scene::{Scene, evaluate_here, is_named, read_file};
use crate::world::{Fault, Outcome, Said};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{CallId, LinkKind, MessageId, Space};
use dsl::program::{CallProgram, LinkProgram, ModuleProgram};
use dsl::value::Outcome as Judged;
use link::Core;
use link::deliver::{DeliverConfig, Delivery, Undelivered, make_mark};
use link::files::{EndMark, FileError, FileFault, FileLink, FilePath};
use link::folder::Folder;
use link::watch::{After, Complete, Found, Watch, WatchConfig};
use link::world::TaskGroup;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The time between two looks at a folder.
const LOOK: Duration = Duration::from_millis(500);
/// How long a file without an end mark must have stood still.
const STILL: Duration = Duration::from_secs(1);
/// The most octets of a file that a simulated party takes.
const MOST: usize = 256 << 20;
/// Files of ours whose answers may be outstanding.
const OPEN: usize = 10_000;

/// Whether a link carries files.
pub(crate) fn carries_files(link: &LinkProgram) -> bool {
    matches!(link.link.kind, LinkKind::Sftp | LinkKind::Folder)
}

/// A file of ours that may still be answered.
#[derive(Clone)]
struct Open {
    call: CallId,
    member: String,
    request: Record,
    said: Said,
}

/// What a party keeps of its files.
#[derive(Default)]
pub(crate) struct Outstanding(Mutex<Vec<Open>>);

/// A file that was found, and what it is.
enum Kind {
    /// A request of the bank; several, where only what is inside tells which.
    Asked(Vec<(CallId, MessageId)>),
    /// The answer to a file of ours.
    Answer(Box<Open>, MessageId),
}

impl Caller {
    /// The call of what an act says, where it goes as a file, and its link.
    pub(super) fn file_call(&self, said: &Said) -> Option<(CallId, LinkProgram)> {
        let module = self.play.module();
        let mut calls = module.calls.iter().zip(0..);
        let (form, id) = calls.find(|(form, _)| form.call.ours && *form.call.name == *said.message)?;
        let link = module.links.get(usize::from(form.call.link)).filter(|link| carries_files(link))?;
        Some((CallId(id), link.clone()))
    }

    /// Puts the file that an act says. Done where no answer can follow, else not known yet: the answer is told when it comes. Who
    /// was given no folder for a link puts nothing there, as it looks for nothing there: nobody knows what came of it.
    ///
    /// # Errors
    /// What cannot be written or put, in words.
    pub(crate) async fn put_file(
        &self,
        call: CallId,
        link: &LinkProgram,
        said: &Said,
    ) -> Result<Outcome, String> {
        let Some(place) = self.folder_of(link) else { return Ok(Outcome::Unknown) };
        let module = Arc::clone(self.play.module());
        let form = module.calls.get(usize::from(call.0)).ok_or("a call that is not there")?;
        let (play, request) = (Arc::clone(&self.play), form.call.request);
        let (serial, fields) = (said.serial.clone(), said.fields.clone());
        let working = self.play.work();
        let written = self.core.offload(move || {
            let mut scene = play.scene();
            super::begin::prepare(&play, &mut scene, request, serial, &fields)?;
            let inner = play.loaded.inner.get(usize::from(request.0)).map_or("", |path| path);
            let file = compose_file(&play.loaded.bank, &mut scene, request, inner, &fields)?;
            Ok::<_, String>((file, super::play::member_name(&scene), scene))
        });
        let (mut file, member, scene) = written.await.ok_or("given up")??;
        drop(working);
        let copies = self.spoil(&form.call.name, &mut file).await?;
        let answered = !form.call.replies.is_empty();
        if answered {
            let mut open = locked(&self.files.0);
            if open.len() == OPEN {
                open.remove(0);
            }
            open.push(Open { call, member, request: file.record.clone(), said: said.clone() });
        }
        up(&self.play.counts.begun);
        let folder = path_of(&scene, link)?;
        for _ in 0..copies {
            put_file(place.as_ref(), &folder, &file).await.map_err(|error| error.to_string())?;
        }
        if answered || copies == 0 {
            return Ok(Outcome::Unknown);
        }
        up(&self.play.counts.begun_done);
        Ok(Outcome::Done)
    }

    /// Carries out what goes wrong with a file that is put; how many copies of it there are then.
    async fn spoil(&self, call: &str, file: &mut ComposedFile) -> Result<usize, String> {
        let Some(fault) = self.play.fault_of_file(call, &file.octets) else { return Ok(1) };
        up(&self.play.counts.faults);
        match fault {
            Fault::DropRequest | Fault::DropReply | Fault::Close => return Ok(0),
            Fault::Delay(milliseconds) => {
                pause(self.core.world(), Duration::from_millis(milliseconds)).await;
            }
            Fault::DuplicateReply => return Ok(2),
            Fault::Garble => garble(&mut file.octets),
            Fault::Truncate => file.octets.truncate(file.octets.len() / 2),
            Fault::Instead(text) => file.octets = text.into_bytes(),
            Fault::WrongSeal | Fault::Unread | Fault::Refuse => {
                return Err(format!("{call}: `{}` cannot go wrong with a file that is put", fault.name()));
            }
        }
        Ok(1)
    }

    fn folder_of(&self, link: &LinkProgram) -> Option<Arc<dyn FileLink>> {
        folder_of(&self.core, &locked(&self.config), link)
    }

    /// What a file of this name on a link is.
    fn kind_of(&self, link: usize, member: Option<&str>, name: &str) -> Option<Kind> {
        let module = self.play.module();
        let open = locked(&self.files.0).clone();
        for open in open.into_iter().rev() {
            let Some(call) = module.calls.get(usize::from(open.call.0)) else { continue };
            let answers = call.call.replies.iter().chain(&call.call.later);
            for message in answers {
                let mut scene =
                    scene_of(&self.play, Some(open.member.as_str()).filter(|name| !name.is_empty()));
                scene.request = Some(Arc::new(open.request.clone()));
                // What the name alone says of the ask is learned from it.
                begin_ask(&mut scene, call);
                if is_named(&mut scene, *message, name).is_some() {
                    return Some(Kind::Answer(Box::new(open), *message));
                }
            }
        }
        let link = module.links.get(link)?;
        let named = |(_, call, message): &(_, CallId, MessageId)| {
            let form = module.calls.get(usize::from(call.0)).filter(|form| !form.call.ours)?;
            let mut scene = scene_of(&self.play, member);
            begin_ask(&mut scene, form);
            is_named(&mut scene, *message, name)?;
            Some((*call, *message))
        };
        let asked: Vec<_> = link.by_code.iter().filter_map(named).collect();
        (!asked.is_empty()).then_some(Kind::Asked(asked))
    }

    /// Takes a file.
    async fn take(self: &Arc<Self>, link: usize, member: Option<&str>, place: &dyn FileLink, found: &Found) {
        let name = found.entry.name.clone();
        let octets = match whole_file(place, &found.path).await {
            Ok(octets) => octets,
            Err(error) => return self.play.failed(error.to_string()),
        };
        let Some(kind) = self.kind_of(link, member, &name) else {
            return self.play.failed(format!("{name}: a file that the party does not know"));
        };
        let message = match &kind {
            Kind::Asked(asked) => asked.first().map(|(_, message)| *message),
            Kind::Answer(_, message) => Some(*message),
        };
        let mark = message.and_then(|message| control_mark(self.play.module(), message));
        let control = match control_of(place, &found.path, mark).await {
            Ok(control) => control,
            Err(error) => return self.play.failed(error.to_string()),
        };
        let (caller, member) = (Arc::clone(self), member.map(str::to_owned));
        let working = self.play.work();
        let taken = self.core.offload(move || match kind {
            Kind::Asked(asked) => {
                let mut taken = Ok(());
                for (call, message) in asked {
                    taken =
                        caller.asked(call, message, member.as_deref(), &name, (&octets, control.as_deref()));
                    if taken.is_ok() {
                        break;
                    }
                }
                if taken.is_err() {
                    up(&caller.play.counts.bad);
                }
                taken
            }
            Kind::Answer(open, message) => {
                caller.answered(&open, message, &name, (&octets, control.as_deref()))
            }
        });
        if let Some(Err(why)) = taken.await {
            self.play.failed(why);
        }
        drop(working);
    }

    /// A request of the bank in a file.
    fn asked(
        &self,
        call: CallId,
        message: MessageId,
        member: Option<&str>,
        name: &str,
        octets: (&[u8], Option<&[u8]>),
    ) -> Result<(), String> {
        let play = &self.play;
        let form = play.module().calls.get(usize::from(call.0)).ok_or("a call that is not there")?.clone();
        let mut scene = scene_of(play, member);
        begin_ask(&mut scene, &form);
        let (read, tree) = read_file(&mut scene, message, name, octets).ok_or("a name of another form")?;
        if let Some((_, report)) = read.fault {
            return Err(format!("{name}: {report}"));
        }
        up(&play.counts.judged);
        let (request, more) = play.split(message, &tree);
        let facts = play.facts(&scene, with_name(more, name));
        let mut world = locked(&play.world);
        if !world.calls().any(|known| *known == *form.call.name) {
            up(&play.counts.done);
            return Ok(());
        }
        let handled =
            world.handle(&form.call.name, &request, &facts, None).map_err(|error| error.to_string())?;
        up(if handled.outcome == Outcome::Done { &play.counts.done } else { &play.counts.refused });
        Ok(())
    }

    /// The answer to a file of ours.
    fn answered(
        &self,
        open: &Open,
        message: MessageId,
        name: &str,
        octets: (&[u8], Option<&[u8]>),
    ) -> Result<(), String> {
        let play = &self.play;
        let mut scene = scene_of(play, Some(open.member.as_str()).filter(|member| !member.is_empty()));
        scene.request = Some(Arc::new(open.request.clone()));
        if let Some(form) = play.module().calls.get(usize::from(open.call.0)) {
            begin_ask(&mut scene, form);
        }
        let (read, tree) = read_file(&mut scene, message, name, octets).ok_or("a name of another form")?;
        if let Some((_, report)) = read.fault {
            up(&play.counts.bad);
            return Err(format!("{name}: {report}"));
        }
        let outcome = match read.outcome.outcome {
            None | Some(Judged::Done(_)) => Outcome::Done,
            Some(Judged::Refused(_)) => Outcome::Refused,
            Some(Judged::Unknown) => Outcome::Unknown,
        };
        up(if outcome == Outcome::Done { &play.counts.begun_done } else { &play.counts.begun_refused });
        let (fields, more) = play.split(message, &tree);
        let facts = play.facts(&scene, with_name(more, name));
        let told = locked(&play.world).answered(&open.said, outcome, &fields, &facts);
        told.map_err(|error| error.to_string())
    }
}

/// The file's own name is known to statements as `:file`.
fn with_name(mut more: Map<String, Json>, name: &str) -> Map<String, Json> {
    more.insert("file".to_owned(), Json::String(name.to_owned()));
    more
}

fn scene_of(play: &Play, member: Option<&str>) -> Scene {
    let mut scene = play.scene();
    if let Some(member) = member {
        // A name of a file may name a member that is not there: then it is no file of ours.
        let _ = scene.set_member(member);
    }
    scene
}

fn begin_ask(scene: &mut Scene, form: &CallProgram) {
    if let Some(shape) = form.call.ask {
        scene.begin_business(Space::Ask, shape);
    }
}

/// The folder of a link that both sides see; none for other links, or where none is known.
pub(crate) fn folder_of(core: &Core, config: &PartyConfig, link: &LinkProgram) -> Option<Arc<dyn FileLink>> {
    let place = config.links.get(&*link.link.name).filter(|_| carries_files(link))?;
    Some(Arc::new(Folder::new(Arc::clone(&core.world().files), place)))
}

/// The folder of a link below its root, as the adapter names it.
///
/// # Errors
/// What has no value, in words: a folder of each member, where none is known.
pub(crate) fn path_of(scene: &Scene, link: &LinkProgram) -> Result<FilePath, String> {
    let Some(folder) = link.folder else { return Ok(FilePath::root()) };
    match evaluate_here(scene, folder) {
        Ok(Value::Text(folder)) => FilePath::parse(&folder).map_err(|error| error.to_string()),
        // A setting's text that is also a name of the adapters.
        Ok(Value::Name(name)) => {
            FilePath::parse(scene.adapter.symbols.text(name)).map_err(|error| error.to_string())
        }
        other => Err(format!("the folder of link {}: {other:?}", link.link.name)),
    }
}

/// Puts a file whole: under another name first, its end mark last.
///
/// # Errors
/// What the folder says.
pub(crate) async fn put_file(
    place: &dyn FileLink,
    folder: &FilePath,
    file: &ComposedFile,
) -> Result<(), Undelivered> {
    let not_sent = |error: FileError| Undelivered { maybe_sent: false, error };
    let path = folder.join(&file.name).map_err(not_sent)?;
    // It may be there already.
    drop(place.make_folder(folder).await);
    let config = DeliverConfig {
        temporary: true,
        done: file.done.as_deref().map(EndMark::of),
        control: file.control.clone(),
        ..DeliverConfig::default()
    };
    let mut delivery = Delivery::begin(place, &path, &config).await?;
    for piece in file.octets.chunks(64 * 1024) {
        delivery.write(piece).await?;
    }
    delivery.finish().await
}

/// Puts the control file of a file without the file.
///
/// # Errors
/// What the folder says, in words, or that the file has none.
pub(crate) async fn put_control(
    place: &dyn FileLink,
    folder: &FilePath,
    file: &ComposedFile,
) -> Result<(), String> {
    let (Some(mark), Some(control)) = (&file.done, &file.control) else {
        return Err(format!("{} has no control file", file.name));
    };
    let words = |error: FileError| error.to_string();
    let mark = EndMark::of(mark).place(&folder.join(&file.name).map_err(words)?).map_err(words)?;
    // It may be there already.
    drop(place.make_folder(folder).await);
    make_mark(place, &mark, Some(control), true).await.map_err(words)
}

/// All octets of a file.
///
/// # Errors
/// What the folder says, or that it is too large.
pub(crate) async fn whole_file(place: &dyn FileLink, path: &FilePath) -> Result<Vec<u8>, FileError> {
    let mut reader = place.open(path).await?;
    let mut octets = Vec::new();
    while let Some(piece) = reader.read().await? {
        if octets.len() + piece.len() > MOST {
            return Err(FileError::new(FileFault::Failed, format_args!("{path}: more than {MOST} octets")));
        }
        octets.extend_from_slice(&piece);
    }
    Ok(octets)
}

/// The end mark of a message's files, where it is a control file.
pub(crate) fn control_mark(module: &ModuleProgram, message: MessageId) -> Option<EndMark> {
    let form = module.program.messages.get(usize::from(message.0))?.file.as_deref()?;
    form.control()?;
    form.done.as_deref().map(EndMark::of)
}

/// The octets of a file's control file; none where it has none.
///
/// # Errors
/// As [`whole_file`].
pub(crate) async fn control_of(
    place: &dyn FileLink,
    path: &FilePath,
    mark: Option<EndMark>,
) -> Result<Option<Vec<u8>>, FileError> {
    match mark {
        Some(mark) => whole_file(place, &mark.place(path)?).await.map(Some),
        None => Ok(None),
    }
}

/// Looks into the folders where the bank puts files, until the group ends.
pub(super) fn take_files(group: &Arc<TaskGroup>, caller: &Arc<Caller>) {
    let module = Arc::clone(caller.play.module());
    for (index, link) in module.links.iter().enumerate() {
        if link.link.connect || !carries_files(link) {
            continue;
        }
        let Some(place) = caller.folder_of(link) else { continue };
        for (member, folder) in folders(&caller.play, link) {
            for mark in marks(&caller.play) {
                let (caller, place) = (Arc::clone(caller), Arc::clone(&place));
                let watch = watch(&caller, index, member.as_deref(), &place, &folder, mark);
                let member = member.clone();
                group.spawn(
                    async move { look(&caller, index, member.as_deref(), place.as_ref(), watch).await },
                );
            }
        }
    }
}

/// A folder, or one for each member.
fn folders(play: &Play, link: &LinkProgram) -> Vec<(Option<String>, FilePath)> {
    if let Ok(folder) = path_of(&play.scene(), link) {
        return vec![(None, folder)];
    }
    let members = play.standing.members.keys();
    members
        .filter_map(|name| Some((Some(name.clone()), path_of(&scene_of(play, Some(name)), link).ok()?)))
        .collect()
}

/// End marks that files of the party have; each kind is looked for by itself.
fn marks(play: &Play) -> BTreeSet<Option<Box<str>>> {
    let messages = play.module().program.messages.iter();
    messages.filter_map(|message| message.file.as_deref()).map(|file| file.done.clone()).collect()
}

fn watch(
    caller: &Arc<Caller>,
    link: usize,
    member: Option<&str>,
    place: &Arc<dyn FileLink>,
    folder: &FilePath,
    mark: Option<Box<str>>,
) -> Watch {
    let complete = match &mark {
        Some(mark) => Complete::Marked(EndMark::of(mark)),
        None => Complete::Still(STILL),
    };
    let (caller, member) = (Arc::clone(caller), member.map(str::to_owned));
    let filter = move |name: &str| {
        let message = match caller.kind_of(link, member.as_deref(), name) {
            Some(Kind::Answer(_, message)) => Some(message),
            Some(Kind::Asked(asked)) => asked.first().map(|(_, message)| *message),
            None => None,
        };
        let program =
            message.and_then(|message| caller.play.module().program.messages.get(usize::from(message.0)));
        program.and_then(|program| program.file.as_deref()).is_some_and(|file| file.done == mark)
    };
    let config = WatchConfig { folder: folder.clone(), complete, after: After::Leave };
    Watch::new(Arc::clone(place), config, Arc::new(filter))
}

async fn look(
    caller: &Arc<Caller>,
    link: usize,
    member: Option<&str>,
    place: &dyn FileLink,
    mut watch: Watch,
) {
    let core: &Core = &caller.core;
    loop {
        match watch.look(core.mark()).await {
            Ok(found) => {
                for found in &found {
                    caller.take(link, member, place, found).await;
                }
            }
            Err(error) if error.fault == FileFault::NotFound => {}
            Err(error) => caller.play.failed(error.to_string()),
        }
        core.deadline(core.mark().after(LOOK)).await;
    }
}
