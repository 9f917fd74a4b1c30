//! Looking into the folders where parties put files.
//!
//! In: the links of files that accept, of the version that holds now. Out: each complete file once, handed to be taken, then
//! moved, removed or left as the adapter says. One look at a folder is under way at a time. It must not know what a file
//! holds.

use super::put::folder;
use super::reading;
use super::take::{Source, Taken};
use crate::engine::Engine;
use crate::lines::LineName;
use crate::message;
use crate::scene::Scene;
use crate::serve::Serving;
use crate::version::{Member, Version};
use dsl::evaluate::Value;
use dsl::model::{AfterFile, LinkKind, MessageId};
use dsl::program::LinkProgram;
use link::Mark;
use link::files::{EndMark, FileFault, FilePath};
use link::watch::{After, Complete, Found, Watch, WatchConfig};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often it is looked which folders are due.
const LOOK: Duration = Duration::from_millis(500);
/// When it is looked again whether a link that is not there is there.
const AGAIN: Duration = Duration::from_secs(5);
/// The time between two looks at a folder where the adapter says nothing.
const POLL: Duration = Duration::from_secs(60);
/// How long a file without an end mark must have stood still.
const STILL: Duration = Duration::from_secs(10);

/// A folder of a link, and the mark that its files have.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Place {
    party: String,
    link: String,
    member: Option<String>,
    done: Option<String>,
}

/// A folder that is looked into.
struct Watched {
    next: Mark,
    /// Where it was when it was last looked into; another place begins anew.
    folder: FilePath,
    watch: Arc<Mutex<Watch>>,
}

/// A link of files that accepts.
struct Looked {
    module: usize,
    link: usize,
    /// When a folder of it is due; no sooner need it be worked out where its folders are.
    next: Mark,
    /// Its folders, as they were worked out last.
    here: Vec<Place>,
}

impl Engine {
    /// Looks into folders until the engine stops.
    pub(crate) async fn watch_folders(self: Arc<Self>) {
        let mut watched: HashMap<Place, Watched> = HashMap::new();
        let mut links = Vec::new();
        let mut known = None;
        while !self.stopping.load(Ordering::Acquire) {
            let version = self.current.load_full();
            if !known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &version)) {
                links = links_of_files(&version);
                known = Some(Arc::clone(&version));
            }
            for Looked { module, link, next, here } in &mut links {
                let program = version.module(*module).and_then(|module| module.links.get(*link));
                let Some(program) = program.filter(|_| *next <= self.core.mark()) else { continue };
                here.clear();
                *next = self.due(&version, *module, program, &mut watched, here);
            }
            watched.retain(|place, _| links.iter().any(|looked| looked.here.contains(place)));
            self.core.deadline(self.core.mark().after(LOOK)).await;
        }
    }

    /// Begins a look at each folder of a link that is due; gives when the next will be.
    fn due(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        link: &LinkProgram,
        watched: &mut HashMap<Place, Watched>,
        here: &mut Vec<Place>,
    ) -> Mark {
        let now = self.core.mark();
        let mut next = now.after(POLL);
        let party = version.module(module).map_or("", |module| &module.name);
        for (member, folder) in self.folders(version, module, link) {
            for done in marks(version, module, link) {
                let place = Place {
                    party: party.to_owned(),
                    link: link.link.name.to_string(),
                    member: member.clone(),
                    done,
                };
                here.push(place.clone());
                let scene = self.scene_of(version, module, member.as_deref());
                // What has no address here may be given one.
                let Some(entry) = self.watched(&scene, link, &place, &folder, watched) else {
                    next = next.min(now.after(AGAIN));
                    continue;
                };
                if entry.next > now {
                    next = next.min(entry.next);
                    continue;
                }
                entry.next = now.after(poll(&scene, link));
                next = next.min(entry.next);
                let Ok(watch) = Arc::clone(&entry.watch).try_lock_owned() else { continue };
                let source = Source { party: place.party, link: place.link, folder: folder.clone() };
                let engine = Arc::clone(self);
                self.core.spawn(engine.look(source, place.member, place.done, watch));
            }
        }
        next
    }

    fn watched<'w>(
        self: &Arc<Self>,
        scene: &Scene,
        link: &LinkProgram,
        place: &Place,
        at: &FilePath,
        watched: &'w mut HashMap<Place, Watched>,
    ) -> Option<&'w mut Watched> {
        if watched.get(place).is_some_and(|known| known.folder != *at) {
            watched.remove(place);
        }
        if !watched.contains_key(place) {
            let name = LineName {
                party: place.party.as_str().into(),
                link: place.link.as_str().into(),
                member: place.member.as_deref().map(Arc::from),
            };
            let files = self.files.link(&name)?;
            let after = match &link.link.after {
                AfterFile::Leave => After::Leave,
                AfterFile::Delete => After::Delete,
                AfterFile::Move(_) => After::Move(folder(scene, link.move_to).ok()?),
            };
            let complete = match &place.done {
                Some(mark) => Complete::Marked(EndMark::of(mark)),
                None => Complete::Still(STILL),
            };
            let config = WatchConfig { folder: at.clone(), complete, after };
            let watch = Watch::new(files, config, Arc::new(|_| true));
            let watch = Arc::new(Mutex::new(watch));
            watched.insert(place.clone(), Watched { next: self.core.mark(), folder: at.clone(), watch });
        }
        watched.get_mut(place)
    }

    /// Folders of a link: one, or one for each member where the folder names the member.
    fn folders(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        link: &LinkProgram,
    ) -> Vec<(Option<String>, FilePath)> {
        if let Ok(one) = folder(&self.scene_of(version, module, None), link.folder) {
            return vec![(None, one)];
        }
        let members = version.parties.get(module).map(|party| party.members.keys().cloned());
        let of_member = |name: String| {
            let scene = self.scene_of(version, module, Some(&name));
            folder(&scene, link.folder).ok().map(|folder| (Some(name), folder))
        };
        members.into_iter().flatten().filter_map(of_member).collect()
    }

    fn scene_of(self: &Arc<Self>, version: &Arc<Version>, module: usize, member: Option<&str>) -> Box<Scene> {
        let mut scene = self.scene(version, module);
        let members = version.parties.get(module).map(|party| &party.members);
        scene.member = member.and_then(|name| members?.get(name)).map(Arc::<Member>::clone);
        scene
    }

    async fn look(
        self: Arc<Self>,
        source: Source,
        member: Option<String>,
        done: Option<String>,
        mut watch: tokio::sync::OwnedMutexGuard<Watch>,
    ) {
        let found = match watch.look(self.core.mark()).await {
            Ok(found) => found,
            // A folder that nobody has made yet holds no file.
            Err(error) if error.fault == FileFault::NotFound => return,
            Err(error) => {
                tracing::warn!(party = %source.party, link = %source.link, %error, "a folder cannot be looked into");
                return;
            }
        };
        let serving = Serving::of(&self, source.party.as_str(), source.link.as_str(), "folder");
        let version = Arc::clone(&serving.version);
        let known = version.module_named(&source.party).and_then(|module| {
            let links = &version.module(module)?.links;
            Some((module, links.iter().find(|link| *link.link.name == *source.link)?))
        });
        let Some((module, link)) = known else { return };
        let name = LineName {
            party: source.party.as_str().into(),
            link: source.link.as_str().into(),
            member: member.map(Arc::from),
        };
        let Some(files) = self.files.link(&name) else { return };
        // Of a file with a control file the journal has a digest that goes over both: without the one it is not found there.
        let of_mark = |message: MessageId| {
            mark_of(&version, module, message) == done.as_deref() && !has_control(&version, module, message)
        };
        for file in watch.left() {
            if !reading::message_of(&serving, module, link, &file.entry.name).is_some_and(of_mark) {
                continue;
            }
            match self.was_taken(&source, files.as_ref(), &file).await {
                Some(true) => put_away(&mut watch, &source, &file).await,
                Some(false) => {}
                None => watch.again(&file),
            }
        }
        let marks = marks(&version, module, link);
        for file in found {
            let message = reading::message_of(&serving, module, link, &file.entry.name);
            match message {
                Some(message) if mark_of(&version, module, message) == done.as_deref() => {}
                // A file of another kind, or the mark of one: the look at those sees it.
                Some(_) => continue,
                None if marks.iter().flatten().any(|mark| EndMark::of(mark).is(&file.entry.name)) => continue,
                None if marks.first() != Some(&done) => continue,
                None => {
                    self.file_refused(&source, &file.entry.name, "no message of the link has such a name");
                    continue;
                }
            }
            let control = message
                .filter(|message| has_control(&version, module, *message))
                .and_then(|_| EndMark::of(done.as_deref()?).place(&file.path).ok());
            match self.take_found(&source, (&version, link), files.as_ref(), &file, control.as_ref()).await {
                Taken::Yes => put_away(&mut watch, &source, &file).await,
                Taken::No => {}
                Taken::Later => watch.again(&file),
            }
        }
    }
}

/// Does with a file that was taken what is to be done after.
async fn put_away(watch: &mut Watch, source: &Source, file: &Found) {
    if let Err(error) = watch.taken(file).await {
        tracing::warn!(party = %source.party, file = %file.entry.name, %error, "a file that was taken stays where it is");
        watch.again(file);
    }
}

/// Links of files that accept, all of them due.
fn links_of_files(version: &Version) -> Vec<Looked> {
    let modules = version.compiled.modules.iter().enumerate();
    let links = modules.flat_map(|(module, program)| {
        let accept = program.links.iter().enumerate().filter(|(_, link)| accepts_files(link));
        accept.map(move |(link, _)| Looked { module, link, next: Mark(0), here: Vec::new() })
    });
    links.collect()
}

fn accepts_files(link: &LinkProgram) -> bool {
    !link.link.connect && matches!(link.link.kind, LinkKind::Sftp | LinkKind::Folder)
}

fn poll(scene: &Scene, link: &LinkProgram) -> Duration {
    match link.poll.map(|poll| message::value(scene, poll)) {
        Some(Ok(Value::Duration(span))) => Duration::from_millis(u64::try_from(span).unwrap_or(0).max(100)),
        _ => POLL,
    }
}

/// End marks of the messages that come by a link; each kind is looked for by itself.
fn marks(version: &Version, module: usize, link: &LinkProgram) -> Vec<Option<String>> {
    let messages = version.module(module).map(|module| &module.program.messages);
    let mut marks: Vec<Option<String>> = link
        .by_code
        .iter()
        .filter(|(_, _, message)| messages.is_some_and(|all| usize::from(message.0) < all.len()))
        .map(|(_, _, message)| mark_of(version, module, *message).map(str::to_owned))
        .collect();
    marks.sort();
    marks.dedup();
    marks
}

/// Whether the end mark of a message's files is a control file.
fn has_control(version: &Version, module: usize, message: MessageId) -> bool {
    let programs = version.module(module).map(|module| &module.program.messages);
    let program = programs.and_then(|programs| programs.get(usize::from(message.0)));
    program.and_then(|program| program.file.as_deref()).is_some_and(|file| file.control().is_some())
}

/// The end mark of a message's files.
fn mark_of(version: &Version, module: usize, message: MessageId) -> Option<&str> {
    let program = version.module(module)?.program.messages.get(usize::from(message.0))?;
    program.file.as_deref()?.done.as_deref()
}
