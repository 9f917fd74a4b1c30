//! Items, and the statements of the blocks that are no fields and no flows.

use super::{
    Attribute, Block, Chain, Check, Count, Date, Duration, Expr, Field, FieldStatement, Flow, Keep, Label,
    Means, Name, Number, Otherwise, Path, Rule, Str, Text, Time, TypeExpr, Unit,
};
use crate::source::Span;

/// An item of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// What it declares.
    pub kind: ItemKind,
    /// The label behind its name.
    pub label: Label,
    /// The `///` lines above it.
    pub docs: Vec<Str>,
    /// The whole item, without the docs.
    pub span: Span,
}

/// The kinds of items.
#[derive(Clone, PartialEq, Debug)]
pub enum ItemKind {
    /// `party`.
    Party(Party),
    /// `setting`.
    Setting(Setting),
    /// `key`.
    Key(Key),
    /// `member`.
    Member(Member),
    /// `link`.
    Link(Link),
    /// `packet`.
    Packet(Packet),
    /// `layout`.
    Layout(Layout),
    /// `xml`.
    Xml(XmlForm),
    /// `delimited`.
    Delimited(DelimitedForm),
    /// `coding`.
    Coding(Coding),
    /// `codes`.
    Codes(Codes),
    /// `session`.
    Session(Session),
    /// `call`, `serve`.
    Call(CallItem),
    /// `service`.
    Service(Service),
    /// `reasons`.
    Reasons(Reasons),
    /// `flow`.
    Flow(Flow),
    /// `reconcile`.
    Reconcile(Reconcile),
    /// `example`.
    Example(Example),
    /// `use PATH`.
    Use(Path),
}

/// `party NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Party {
    /// The name.
    pub name: Name,
    /// Its clauses.
    pub block: Block<PartyClause>,
}

/// A clause of a party.
#[derive(Clone, PartialEq, Debug)]
pub enum PartyClause {
    /// `charset NAME`.
    Charset(Name),
    /// `day cut_over TIME`.
    DayCutOver(Time),
    /// `day from NAME`.
    DayFrom(Name),
    /// `serial expr`.
    Serial(Expr),
    /// `discloses name,*`.
    Discloses(Vec<Name>),
    /// `assumed STRING`: of the adapter as a whole.
    Assumed(Str),
}

/// `setting NAME type L`.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// The name.
    pub name: Name,
    /// The type.
    pub type_: TypeExpr,
    /// `optional` and the like.
    pub attributes: Vec<Attribute>,
}

/// `key NAME kind (NUM bytes?)? ("ours"|"theirs")? L`.
#[derive(Clone, PartialEq, Debug)]
pub struct Key {
    /// The name.
    pub name: Name,
    /// Which sort.
    pub kind: KeyKind,
    /// The size: bytes where `in_bytes`, else bits.
    pub size: Option<Count>,
    /// Whether `bytes` is written.
    pub in_bytes: bool,
    /// Whose half.
    pub owner: Option<KeyOwner>,
}

/// Sorts of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// `secret`: a shared text.
    Secret,
    /// `des`.
    Des,
    /// `tdes`.
    Tdes,
    /// `aes`.
    Aes,
    /// `sm4`.
    Sm4,
    /// `rsa`.
    Rsa,
    /// `ec`.
    Ec,
    /// `sm2`.
    Sm2,
}

/// Whose half of a pair of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyOwner {
    /// `ours`.
    Ours,
    /// `theirs`.
    Theirs,
}

/// `member NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// The name.
    pub name: Name,
    /// Its declarations.
    pub block: Block<MemberStatement>,
}

/// A declaration of a member.
#[derive(Clone, PartialEq, Debug)]
pub enum MemberStatement {
    /// The field that names one: `name text 8 bytes`.
    Naming(Field),
    /// `setting`.
    Setting(Setting),
    /// `key`.
    Key(Key),
}

/// `link NAME kind ("connect"|"accept") L { clause }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// The name.
    pub name: Name,
    /// Over what.
    pub kind: LinkKind,
    /// Who begins.
    pub direction: LinkDirection,
    /// Its clauses.
    pub block: Block<LinkClause>,
}

/// What a link runs over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// `tcp`.
    Tcp,
    /// `http`.
    Http,
    /// `https`.
    Https,
    /// `sftp`.
    Sftp,
    /// `folder`.
    Folder,
}

/// Who begins a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkDirection {
    /// `connect`: we do, or we put files.
    Connect,
    /// `accept`: they do, or we wait for files.
    Accept,
}

/// A clause of a link.
#[derive(Clone, PartialEq, Debug)]
pub enum LinkClause {
    /// `carries NAME`.
    Carries(Name),
    /// `frame FRAME`.
    Frame(Frame),
    /// `hold none`.
    HoldNone,
    /// `hold NUM connections, one exchange each`.
    Hold {
        /// How many connections.
        connections: Count,
        /// Whether one connection carries several exchanges at a time.
        many: bool,
    },
    /// `match path,*`: the first that is present decides.
    Match(Vec<Path>),
    /// `beat NAME after DUR idle`.
    Beat(Beat),
    /// `answers on NAME`: the other half of a pair of one-way lines.
    AnswersOn(Name),
    /// `timeout (word DUR),*`.
    Timeout(Vec<Timeout>),
    /// `post STRING`.
    Post(Text),
    /// `get STRING`.
    Get(Text),
    /// `folder STRING`.
    Folder(Text),
    /// `poll expr`.
    Poll(Expr),
    /// `once (word (NUM days)?),*`.
    Once(Vec<SeenBy>),
    /// `write temporary then rename`.
    WriteTemporary,
    /// `tolerate NAME`.
    Tolerate(Name),
    /// `garbled close`, `garbled skip`.
    Garbled(Garbled),
    /// `leave files`.
    LeaveFiles,
    /// `delete files`.
    DeleteFiles,
    /// `move files to STRING`.
    MoveFiles(Text),
}

/// How a message ends on a stream.
#[derive(Clone, PartialEq, Debug)]
pub enum Frame {
    /// `length NUM digits|bytes ENDIAN? (counts itself)?`: a length in front.
    Length {
        /// How long the length is.
        width: Count,
        /// In what it is written.
        unit: Unit,
        /// Of a binary length.
        little_endian: bool,
        /// Whether the length counts its own bytes.
        counts_itself: bool,
    },
    /// `length line NAME`: a line of figures in front.
    LengthLine {
        /// `crlf`, `lf`.
        ending: Name,
        /// Whether the length counts its own line.
        counts_itself: bool,
    },
    /// `by path`: a field of the packet says it.
    By(Path),
    /// `fixed NUM bytes`.
    Fixed(Count),
    /// `line NAME`.
    Line(Name),
    /// `until close`.
    UntilClose,
    /// `between STRING STRING`.
    Between(Text, Text),
}

/// `beat (NAME | empty frame) after DUR (idle|unsent|unheard) (, then close after DUR)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Beat {
    /// The call; none for `empty frame`.
    pub call: Option<Name>,
    /// After how long.
    pub after: Duration,
    /// Without what.
    pub silence: Silence,
    /// When the connection is given up.
    pub close_after: Option<Duration>,
}

/// What a beat waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// `idle`: nothing either way.
    Idle,
    /// `unsent`: nothing from us.
    Unsent,
    /// `unheard`: nothing from them.
    Unheard,
}

/// One time limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeout {
    /// Of what.
    pub kind: TimeoutKind,
    /// How long.
    pub limit: Duration,
}

/// What a time limit is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutKind {
    /// `connect`.
    Connect,
    /// `answer`.
    Answer,
    /// `serve`.
    Serve,
    /// `idle`.
    Idle,
}

/// `(name | digest | time) (NUM days)?`: by what a file was seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenBy {
    /// By what.
    pub kind: SeenKind,
    /// For how many days.
    pub days: Option<Count>,
    /// Where.
    pub span: Span,
}

/// By what a file is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeenKind {
    /// `name`.
    Name,
    /// `digest`.
    Digest,
    /// `time`.
    Time,
}

/// What is done with a frame that cannot be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Garbled {
    /// `close`.
    Close,
    /// `skip`.
    Skip,
}

/// `packet NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Packet {
    /// The name.
    pub name: Name,
    /// Its fields.
    pub block: Block<FieldStatement>,
}

/// `layout NAME type? attr* table? L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    /// The name.
    pub name: Name,
    /// The format it is for.
    pub type_: Option<TypeExpr>,
    /// Attributes of the format.
    pub attributes: Vec<Attribute>,
    /// `table`: a specification's table of fields; it sends nothing itself.
    pub table: bool,
    /// Its fields.
    pub block: Block<FieldStatement>,
}

/// `xml NAME { … }`: a party's way to write XML.
#[derive(Clone, PartialEq, Debug)]
pub struct XmlForm {
    /// The name.
    pub name: Name,
    /// Its clauses.
    pub block: Block<XmlClause>,
}

/// A clause of an `xml` item.
#[derive(Clone, PartialEq, Debug)]
pub enum XmlClause {
    /// `start RAW`.
    Start(Str),
    /// `value RAW`.
    Value(Str),
    /// `list RAW`.
    List(Str),
    /// `item RAW`.
    Item(Str),
    /// `group RAW`.
    Group(Str),
    /// `values in attributes`.
    ValuesInAttributes,
    /// `text coded chain`.
    TextCoded(Chain),
    /// `bytes coded chain`.
    BytesCoded(Chain),
    /// `unknown kept|refused`.
    Unknown(Keep),
}

/// `delimited NAME L { … }`: segment texts and tag=value texts.
#[derive(Clone, PartialEq, Debug)]
pub struct DelimitedForm {
    /// The name.
    pub name: Name,
    /// Its clauses.
    pub block: Block<DelimitedClause>,
}

/// A clause of a `delimited` item.
#[derive(Clone, PartialEq, Debug)]
pub enum DelimitedClause {
    /// `lines (named | plain), ended STRING (tolerate STRING),*`.
    Lines {
        /// Whether the first field of a line is its name.
        named: bool,
        /// The line end that is written.
        ended: Text,
        /// Others that are read.
        tolerate: Vec<Text>,
    },
    /// `levels STRING+`: separators from the outermost inward.
    Levels(Vec<Text>),
    /// `repeat STRING`.
    Repeat(Text),
    /// `fields (tagged STRING,)? ended STRING`.
    Fields {
        /// The sign between tag and value.
        tagged: Option<Text>,
        /// What ends a field.
        ended: Text,
    },
    /// `escape STRING to STRING { STRING (STRING | hex),* }`.
    Escape {
        /// What begins it.
        from: Text,
        /// What ends it.
        to: Text,
        /// The closed table.
        rows: Vec<EscapeRow>,
    },
    /// `declared NAME { … }`: a line that shows the signs itself.
    Declared {
        /// The line's name.
        name: Name,
        /// What it shows, in its order.
        signs: Vec<DeclaredSign>,
    },
    /// `order written`, `order free (after NAME)?`.
    Order {
        /// Whether any order is read.
        free: bool,
        /// Behind this field only.
        after: Option<Name>,
    },
    /// `trailing kept|cut`.
    Trailing {
        /// Whether trailing empty fields are written.
        kept: bool,
    },
    /// `unknown kept|refused`.
    Unknown(Keep),
}

/// A row of an escape table.
#[derive(Clone, PartialEq, Debug)]
pub struct EscapeRow {
    /// What stands between the signs.
    pub code: Text,
    /// What it means; none for `hex`.
    pub meaning: Option<Text>,
}

/// A sign that a line declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeclaredSign {
    /// `level NUM`.
    Level(Count),
    /// `repeat`.
    Repeat,
    /// `escape`.
    Escape,
}

/// `coding NAME = chain`.
#[derive(Clone, PartialEq, Debug)]
pub struct Coding {
    /// The name.
    pub name: Name,
    /// What it stands for.
    pub chain: Chain,
}

/// `codes NAME type L { rows }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Codes {
    /// The name.
    pub name: Name,
    /// The type of the code on the wire.
    pub type_: TypeExpr,
    /// Attributes of that type.
    pub attributes: Vec<Attribute>,
    /// The rows in their order.
    pub rows: Block<CodeRow>,
}

/// A row of `codes`.
#[derive(Clone, PartialEq, Debug)]
pub struct CodeRow {
    /// The code.
    pub key: CodeKey,
    /// What it means.
    pub meaning: Meaning,
}

/// A code in a table.
#[derive(Clone, PartialEq, Debug)]
pub enum CodeKey {
    /// A text, maybe with a setting in it.
    Text(Text),
    /// `other`: only read.
    Other(Span),
    /// `absent`.
    Absent(Span),
}

/// What a code means.
#[derive(Clone, PartialEq, Debug)]
pub struct Meaning {
    /// What.
    pub kind: MeaningKind,
    /// Where.
    pub span: Span,
}

/// What a code may mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MeaningKind {
    /// `done NAME?`.
    Done(Option<Name>),
    /// `refused NAME?`; without a reason it is provisional.
    Refused(Option<Name>),
    /// `unknown NAME?`.
    Unknown(Option<Name>),
    /// A name of a `one_of`.
    Name(Name),
    /// `refuse NAME`: the message that holds this code is refused.
    Refuse(Name),
    /// `wait DUR`: an interim answer.
    Wait(Duration),
}

/// `outcome path,* { rows }?`.
#[derive(Clone, PartialEq, Debug)]
pub struct OutcomeRows {
    /// The fields, in the order in which they decide.
    pub paths: Vec<Path>,
    /// Rows for codes that mean something else here.
    pub rows: Option<Block<OutcomeRow>>,
}

/// A row of an `outcome`: one key for each path.
#[derive(Clone, PartialEq, Debug)]
pub struct OutcomeRow {
    /// The codes.
    pub keys: Vec<CodeKey>,
    /// What they mean together.
    pub meaning: Meaning,
}

/// `session NAME L (per NAME)? { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// The name.
    pub name: Name,
    /// `per NAME`: one for each member.
    pub per: Option<Name>,
    /// Its clauses.
    pub block: Block<SessionClause>,
}

/// A clause of a session.
#[derive(Clone, PartialEq, Debug)]
pub enum SessionClause {
    /// `open NAME at (start|connect|TIME),*`.
    Open {
        /// The call that signs in.
        call: Name,
        /// When.
        at: Vec<OpenAt>,
    },
    /// `serve NAME`: they sign in.
    Serve(Name),
    /// `renew on (NAME (NUM times)?),* (with a new serial)?`.
    Renew {
        /// For these reasons.
        reasons: Vec<RenewReason>,
        /// Whether the repeat has a new serial.
        new_serial: bool,
    },
    /// `keep NAME type = expr`.
    Keep(SessionValue),
    /// `make NAME type = expr`.
    Make(SessionValue),
    /// `check expr`.
    Check(Check),
    /// `until expr`: a moment, or a `duration(n, unit)` from the sending of the request.
    Until(Expr),
    /// `early DUR`.
    Early(Duration),
    /// `overlap DUR`.
    Overlap(Duration),
    /// `close NAME at NAME`.
    Close {
        /// The call that signs out.
        call: Name,
        /// When: `cut_over`.
        at: Name,
    },
    /// `numbered path, (kept|daily)`.
    Numbered {
        /// The field with the number.
        path: Path,
        /// Whether numbers begin anew each day.
        daily: bool,
    },
    /// `gap NAME, filled by NAME`.
    Gap {
        /// The call that asks for what is missing.
        call: Name,
        /// The message that fills.
        filled_by: Name,
    },
    /// `resent open (, marked path)? (, dated path)?`.
    Resent {
        /// The field that marks a resent message.
        marked: Option<Path>,
        /// The field with its first date.
        dated: Option<Path>,
    },
    /// `behind NAME`.
    Behind(Name),
}

/// When a session is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenAt {
    /// `start`.
    Start,
    /// `connect`: on each connection.
    Connect,
    /// A time of day.
    Time(Time),
}

/// A reason to renew, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RenewReason {
    /// The reason.
    pub reason: Name,
    /// `NUM times`.
    pub times: Option<Count>,
}

/// `NAME type = expr` of a session.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionValue {
    /// The name: `session.NAME`.
    pub name: Name,
    /// The type.
    pub type_: TypeExpr,
    /// Where it comes from.
    pub value: Expr,
}

/// `("call"|"serve") NAME L relation* { part }`.
#[derive(Clone, PartialEq, Debug)]
pub struct CallItem {
    /// Who begins.
    pub kind: CallKind,
    /// The name.
    pub name: Name,
    /// `over`, `provides` and their like, in their order.
    pub relations: Vec<Relation>,
    /// Its parts.
    pub block: Block<CallPart>,
}

/// Who begins an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallKind {
    /// `call`: we do.
    Call,
    /// `serve`: they do.
    Serve,
}

/// How a call stands to other things.
#[derive(Clone, PartialEq, Debug)]
pub enum Relation {
    /// `over NAME`: by this link.
    Over(Name),
    /// `provides PATH`.
    Provides(Path),
    /// `runs PATH`.
    Runs(Path),
    /// `settles NAME,*`.
    Settles(Vec<Name>),
    /// `undoes NAME,*`.
    Undoes(Vec<Name>),
    /// `about NAME`: `original` may be used, nothing is settled.
    About(Name),
}

/// A part of a call.
#[expect(clippy::large_enum_variant, reason = "a tree is built once; boxes would stand in its readers' way")]
#[derive(Clone, PartialEq, Debug)]
pub enum CallPart {
    /// `ask { … }`.
    Ask(Block<FieldStatement>),
    /// `answer { … }`.
    Answer(Block<FieldStatement>),
    /// `once expr,*`.
    Once(Vec<Expr>),
    /// `promises PROMISE,*`.
    Promises(Vec<Promise>),
    /// `unknown WAY`.
    Unknown(Vec<WayStep>),
    /// `pending silent`.
    PendingSilent,
    /// `pending as STRING`.
    PendingAs(Text),
    /// `outcome path,* { rows }?`.
    Outcome(OutcomeRows),
    /// `pages NUM rows up to NUM times while expr`.
    Pages {
        /// Rows on a page.
        rows: Count,
        /// At most so many pages.
        times: Count,
        /// As long as this holds.
        condition: Expr,
    },
    /// `only when expr`.
    OnlyWhen(Expr),
    /// `original where expr ELSE`.
    Original {
        /// Which exchange is spoken of.
        condition: Expr,
        /// If there is none.
        otherwise: Option<Otherwise>,
    },
    /// `check expr ELSE`.
    Check(Check),
    /// `path <- expr`.
    Assign {
        /// What is given a value.
        target: Path,
        /// The one rule.
        rules: Vec<Rule>,
    },
    /// `request`, `reply`, `later`.
    Message(Message),
}

/// One promise of a party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    /// What.
    pub kind: PromiseKind,
    /// Where.
    pub span: Span,
}

/// What a party may promise of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PromiseKind {
    /// `same answer`.
    SameAnswer,
    /// `same answer when done`.
    SameAnswerWhenDone,
    /// `says duplicate`.
    SaysDuplicate,
    /// `quiet DUR`.
    Quiet(Duration),
    /// `remembered`.
    Remembered,
    /// `repeatable`.
    Repeatable,
    /// `within business date`.
    WithinBusinessDate,
    /// `assured`.
    Assured,
    /// `proves done only`.
    ProvesDoneOnly,
    /// `in order`.
    InOrder,
}

/// A step of the way out of `unknown`.
#[derive(Clone, PartialEq, Debug)]
pub struct WayStep {
    /// What.
    pub kind: WayStepKind,
    /// Where.
    pub span: Span,
}

/// What may be done about `unknown`.
#[derive(Clone, PartialEq, Debug)]
pub enum WayStepKind {
    /// `enquire with NAME EVERY`.
    Enquire {
        /// The enquiry.
        call: Name,
        /// How often.
        every: Every,
    },
    /// `repeat EVERY`.
    Repeat(Every),
    /// `undo with NAME`.
    Undo(Name),
    /// `park`.
    Park,
    /// `refuse NAME`.
    Refuse(Name),
}

/// `every DUR (to DUR)? ("up to" NUM times | until cut_over)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Every {
    /// The first wait.
    pub first: Duration,
    /// The longest wait of a back-off.
    pub longest: Option<Duration>,
    /// When it ends.
    pub limit: EveryLimit,
}

/// When a repetition ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EveryLimit {
    /// `up to NUM times`.
    Times(Count),
    /// `until cut_over`.
    CutOver,
}

/// `(request|reply|later) STRING? … { … }?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Which.
    pub kind: MessageKind,
    /// The code, if one is written; the statement's own in a packet's `reply other`.
    pub code: Option<MessageCode>,
    /// `when done|refused|unknown`: the answer for that outcome.
    pub when: Option<MessageWhen>,
    /// `means MEANING`: its coming is its meaning.
    pub means: Option<Means>,
    /// `unsealed STRING`: believed without a seal, and why.
    pub unsealed: Option<Str>,
    /// `file STRING (done STRING)?`.
    pub file: Option<FileName>,
    /// A format of its own, instead of the packet's.
    pub type_: Option<TypeExpr>,
    /// Attributes of that format.
    pub attributes: Vec<Attribute>,
    /// Its fields.
    pub block: Option<Block<FieldStatement>>,
}

/// Which message of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    /// `request`.
    Request,
    /// `reply`.
    Reply,
    /// `later`: a result that follows the reply.
    Later,
}

/// The code of a message.
#[derive(Clone, PartialEq, Debug)]
pub enum MessageCode {
    /// A text.
    Text(Text),
    /// `other`.
    Other(Span),
}

/// For which outcome a reply is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageWhen {
    /// `when done`.
    Done,
    /// `when refused`.
    Refused,
    /// `when unknown`.
    Unknown,
}

/// `file STRING (done STRING)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct FileName {
    /// The name, a template.
    pub name: Text,
    /// The ending of its end mark, or its whole name.
    pub done: Option<Text>,
}

/// `service NAME kind L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    /// The name.
    pub name: Name,
    /// Which kind.
    pub kind: ServiceKind,
    /// Its parts.
    pub block: Block<ServicePart>,
}

/// Kinds of services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceKind {
    /// `query`.
    Query,
    /// `posting`.
    Posting,
    /// `notice`.
    Notice,
    /// `batch`.
    Batch,
}

/// A part of a service.
#[derive(Clone, PartialEq, Debug)]
pub enum ServicePart {
    /// `ask { … }`.
    Ask(Block<FieldStatement>),
    /// `answer { … }`.
    Answer(Block<FieldStatement>),
    /// `refuse name,*`.
    Refuse(Vec<Name>),
}

/// `reasons L { name L }`; a row is a name with its label.
#[derive(Clone, PartialEq, Debug)]
pub struct Reasons {
    /// The reasons.
    pub block: Block<Name>,
}

/// `reconcile NAME L { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Reconcile {
    /// The name.
    pub name: Name,
    /// The lists.
    pub block: Block<ReconcileList>,
}

/// `(ours|theirs|core) path …`.
#[derive(Clone, PartialEq, Debug)]
pub struct ReconcileList {
    /// Whose book.
    pub book: Book,
    /// The call, file or service.
    pub source: Path,
    /// `by path,*`: the key.
    pub by: Vec<Path>,
    /// `amount path`.
    pub amount: Option<Path>,
    /// `class path`.
    pub class: Option<Path>,
    /// `rows where expr`.
    pub condition: Option<Expr>,
}

/// Whose book a list is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Book {
    /// `ours`.
    Ours,
    /// `theirs`.
    Theirs,
    /// `core`.
    Core,
}

/// `example STRING of NAME { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Example {
    /// What it shows.
    pub title: Str,
    /// The call.
    pub of: Name,
    /// Its parts.
    pub block: Block<ExamplePart>,
}

/// A part of an example.
#[derive(Clone, PartialEq, Debug)]
pub enum ExamplePart {
    /// `given REC`: facts by their root.
    Given(Record),
    /// `ask REC`.
    Ask(Record),
    /// `request WIRE`.
    Request(Wire),
    /// `reply WIRE`.
    Reply(Wire),
    /// `done REC`.
    Done(Record),
    /// `refused NAME`.
    Refused(Name),
    /// `unknown`.
    Unknown,
}

/// `{ (name VALUE)* }`; a name that stands twice is a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// The entries in their order.
    pub entries: Vec<Entry>,
    /// From `{` to `}`.
    pub span: Span,
}

/// `name VALUE`.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// Its value.
    pub value: Value,
}

/// A value of an example.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// What.
    pub kind: ValueKind,
    /// Where.
    pub span: Span,
}

/// What a value of an example may be.
#[derive(Clone, PartialEq, Debug)]
pub enum ValueKind {
    /// `"text"`.
    Text(Str),
    /// A number; the flag says that a `-` stands before it.
    Number(Number, bool),
    /// `2026-11-23`.
    Date(Date),
    /// `13:45:01`.
    Time(Time),
    /// `2026-11-23 13:45:01`.
    DateTime(Date, Time),
    /// A name: `yes`, one of a `one_of`.
    Name(Name),
    /// `hex "0123"`.
    Hex(Str),
    /// `file "path"`.
    File(Str),
    /// `{ … }`.
    Record(Record),
}

/// Bytes of an example.
#[derive(Clone, PartialEq, Debug)]
pub enum Wire {
    /// `{ pieces }`.
    Pieces {
        /// In their order.
        pieces: Vec<WirePiece>,
        /// From `{` to `}`.
        span: Span,
    },
    /// `file "path"`.
    File(Str),
}

/// A piece of the bytes of an example.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WirePiece {
    /// Characters, in the party's charset.
    Text(Str),
    /// `spaces NUM`.
    Spaces(Count),
    /// `zeros NUM`.
    Zeros(Count),
    /// `nul NUM`.
    Nul(Count),
    /// `hex "…"`.
    Hex(Str),
}
