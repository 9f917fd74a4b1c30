//! Files that we put on a link: whole, under a temporary name first where the adapter says so, the end mark last.
//!
//! In: a file of the spool, the link and its folder. Out: put, surely not put, or perhaps. A file of the same content that
//! is there already is the one that we put before. It must not know what the file holds.

use super::spooled::Spooled;
use crate::engine::Engine;
use crate::lines::LineName;
use crate::message;
use crate::packet::Packet;
use crate::scene::Scene;
use dsl::evaluate::Value;
use dsl::program::{ExprId, LinkProgram};
use link::deliver::{DeliverConfig, Delivery, Undelivered, given, make_mark};
use link::files::{EndMark, FileError, FileFault, FileLink, FilePath};
use link::{Cause, CauseKind, Exchanged, Leave};
use std::sync::Arc;
use tokio::io::AsyncReadExt;

/// Octets of one piece.
const PIECE: usize = 64 * 1024;

/// The folder that a link's template names in a scene; the link's root where it names none.
///
/// # Errors
/// In words, where the template has no value or is no place below the link.
pub(crate) fn folder(scene: &Scene, folder: Option<ExprId>) -> Result<FilePath, String> {
    let Some(folder) = folder else { return Ok(FilePath::root()) };
    match message::value(scene, folder) {
        Ok(Value::Text(text)) => FilePath::parse(&text).map_err(|error| error.to_string()),
        other => Err(format!("the folder has no value: {other:?}")),
    }
}

/// What is put, and where.
pub(crate) struct Putting<'a> {
    /// The link.
    pub(crate) line: &'a LineName,
    /// What the adapter says of it.
    pub(crate) link: &'a LinkProgram,
    /// The folder on it.
    pub(crate) folder: FilePath,
    /// The file's name.
    pub(crate) name: &'a str,
    /// Its end mark.
    pub(crate) done: Option<&'a str>,
    /// The end mark is a control file, which stands in the spool beside the file.
    pub(crate) controlled: bool,
    /// Its octets.
    pub(crate) file: &'a Spooled,
    /// Leave to send it.
    pub(crate) leave: Leave,
}

impl Engine {
    /// Puts a file.
    pub(crate) async fn put_file(self: &Arc<Self>, putting: &Putting<'_>) -> Exchanged<Packet> {
        let Some(link) = self.files.link(putting.line) else {
            return Exchanged::NotSent(Cause::told(CauseKind::Stopped, "the link is not there"));
        };
        let put = async {
            let path = putting.folder.join(putting.name).map_err(not_sent)?;
            // Servers may not let us make folders, nor say that they are there; the file tells.
            drop(link.make_folder(&putting.folder).await);
            match self.deliver(link.as_ref(), &path, putting).await {
                Err(Undelivered { maybe_sent: false, error }) if error.fault == FileFault::Exists => {
                    match self.what_is_there(link.as_ref(), &path, putting).await.map_err(not_sent)? {
                        There::Ours => self.put_mark(link.as_ref(), &path, putting).await,
                        // Where nothing is renamed, a try that broke leaves the beginning of it.
                        There::Begun if !putting.link.link.temporary => {
                            given(&putting.leave).map_err(not_sent)?;
                            link.remove(&path).await.map_err(not_sent)?;
                            self.deliver(link.as_ref(), &path, putting).await
                        }
                        There::Begun | There::Other => {
                            let other = format_args!("{path} holds something else");
                            Err(not_sent(FileError::new(FileFault::Exists, other)))
                        }
                    }
                }
                done => done,
            }
        };
        match put.await {
            Ok(()) => Exchanged::Reply(super::writing::packet_of(putting.name)),
            Err(Undelivered { maybe_sent, error }) => {
                let cause = match error.fault {
                    FileFault::Link(cause) => cause,
                    _ => Cause::told(CauseKind::File, error),
                };
                if maybe_sent { Exchanged::MaybeSent(cause) } else { Exchanged::NotSent(cause) }
            }
        }
    }

    async fn deliver(
        &self,
        link: &dyn FileLink,
        path: &FilePath,
        putting: &Putting<'_>,
    ) -> Result<(), Undelivered> {
        let disk = |error: std::io::Error| not_sent(FileError::new(FileFault::Failed, error));
        let config = DeliverConfig {
            temporary: putting.link.link.temporary,
            done: putting.done.map(EndMark::of),
            control: self.control_of(putting).map_err(disk)?,
            leave: putting.leave.clone(),
        };
        let mut file = self.core.world().files.open(&putting.file.place(&self.spool)).await.map_err(disk)?;
        let mut delivery = Delivery::begin(link, path, &config).await?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece).await;
            let count = read.map_err(|error| delivery.given_up(FileError::new(FileFault::Failed, error)))?;
            if count == 0 {
                return delivery.finish().await;
            }
            delivery.write(piece.get(..count).unwrap_or_default()).await?;
        }
    }

    /// What the file of this name is that is there: the one that we put, if it has the same content.
    async fn what_is_there(
        &self,
        link: &dyn FileLink,
        path: &FilePath,
        putting: &Putting<'_>,
    ) -> Result<There, FileError> {
        let disk = |error: std::io::Error| FileError::new(FileFault::Failed, error);
        let mut ours = self.core.world().files.open(&putting.file.place(&self.spool)).await.map_err(disk)?;
        let mut reader = link.open(path).await?;
        let (mut count, mut same) = (0_u64, Vec::new());
        while let Some(piece) = reader.read().await? {
            count += piece.len() as u64;
            if count > putting.file.size {
                return Ok(There::Other);
            }
            same.resize(piece.len(), 0);
            ours.read_exact(&mut same).await.map_err(disk)?;
            if same != piece {
                return Ok(There::Other);
            }
        }
        Ok(if count == putting.file.size { There::Ours } else { There::Begun })
    }

    /// Makes the mark of a file that is there again.
    async fn put_mark(
        &self,
        link: &dyn FileLink,
        path: &FilePath,
        putting: &Putting<'_>,
    ) -> Result<(), Undelivered> {
        let Some(mark) = putting.done.map(EndMark::of) else { return Ok(()) };
        let maybe = |error| Undelivered { maybe_sent: true, error };
        let control = self.control_of(putting);
        let control = control.map_err(|error| maybe(FileError::new(FileFault::Failed, error)))?;
        let mark = mark.place(path).map_err(maybe)?;
        given(&putting.leave).map_err(maybe)?;
        make_mark(link, &mark, control.as_deref(), putting.link.link.temporary).await.map_err(maybe)
    }

    /// What stands in the control file; none where the end mark is empty.
    fn control_of(&self, putting: &Putting<'_>) -> std::io::Result<Option<Vec<u8>>> {
        if putting.controlled { putting.file.control(&self.spool).map(Some) } else { Ok(None) }
    }
}

/// What a file is that has the name of one that is put.
enum There {
    Ours,
    /// The beginning of it.
    Begun,
    Other,
}

fn not_sent(error: FileError) -> Undelivered {
    Undelivered { maybe_sent: false, error }
}
