//! TS01xx: the syntax, found by the lexer and the parser.

use super::Page;
use crate::diagnostics::Code;

/// A text is not closed.
pub const UNCLOSED_TEXT: Code = Code(101);
/// No such escape.
pub const BAD_ESCAPE: Code = Code(102);
/// A tab.
pub const TAB: Code = Code(103);
/// A number cannot be read.
pub const BAD_NUMBER: Code = Code(104);
/// No such date.
pub const BAD_DATE: Code = Code(105);
/// No such time.
pub const BAD_TIME: Code = Code(106);
/// Figures without their unit.
pub const BAD_UNIT: Code = Code(107);
/// `==` compares nothing.
pub const DOUBLE_EQUAL: Code = Code(108);
/// `:=` gives no value.
pub const COLON_EQUAL: Code = Code(109);
/// A semicolon.
pub const SEMICOLON: Code = Code(110);
/// A sign of another language.
pub const WRONG_SIGN: Code = Code(111);
/// No sign of the language.
pub const STRANGE_LETTER: Code = Code(112);
/// A line is too long.
pub const LONG_LINE: Code = Code(113);
/// A file is too large.
pub const LARGE_FILE: Code = Code(114);
/// Nested too deep.
pub const TOO_DEEP: Code = Code(115);
/// Too many statements.
pub const TOO_MANY: Code = Code(116);
/// An expression is too long.
pub const LONG_EXPRESSION: Code = Code(117);
/// A raw text is not closed.
pub const UNCLOSED_RAW: Code = Code(118);
/// An expression in a text is broken.
pub const BAD_EMBEDDED: Code = Code(119);
/// A carriage return.
pub const RETURN: Code = Code(120);
/// A word that begins no item.
pub const UNKNOWN_ITEM: Code = Code(121);
/// A block is missing.
pub const MISSING_BLOCK: Code = Code(122);
/// A block is not closed.
pub const UNCLOSED_BLOCK: Code = Code(123);
/// A brace closes nothing.
pub const STRAY_BRACE: Code = Code(124);
/// A bracket is not closed.
pub const UNCLOSED_BRACKET: Code = Code(125);
/// No such type.
pub const UNKNOWN_TYPE: Code = Code(126);
/// No such attribute.
pub const UNKNOWN_ATTRIBUTE: Code = Code(127);
/// A size without a unit.
pub const MISSING_UNIT: Code = Code(128);
/// A word that begins no statement here.
pub const UNKNOWN_WORD: Code = Code(129);
/// Something else is expected.
pub const EXPECTED: Code = Code(130);
/// Something behind a complete statement.
pub const LEFT_OVER: Code = Code(131);
/// A fixed text holds an expression.
pub const FIXED_TEXT: Code = Code(132);
/// A code without quotes.
pub const CODE_WITHOUT_QUOTES: Code = Code(133);
/// A size upside down.
pub const SIZE_ORDER: Code = Code(134);
/// A comma at the end of a statement.
pub const LATE_COMMA: Code = Code(135);
/// Comparisons cannot be chained.
pub const CHAINED: Code = Code(136);
/// The head of a file stands too late.
pub const LATE_HEAD: Code = Code(137);
/// Single quotes.
pub const WRONG_QUOTES: Code = Code(138);
/// A statement does not say what else.
pub const MISSING_ELSE: Code = Code(139);

/// The pages. An example in brackets is too long to print.
pub const PAGES: &[Page] = &[
    Page {
        code: UNCLOSED_TEXT,
        title: "a text is not closed",
        text: "A text begins and ends with a double quote on one line. A text that is too long for a line is joined from two by `+` inside brackets.",
        chinese: "文本缺少右引号；文本须在同一行内结束。",
        bad: "party p \"x {\n  charset gbk\n}\n",
        good: "party p \"x\" {\n  charset gbk\n}\n",
    },
    Page {
        code: BAD_ESCAPE,
        title: "no such escape",
        text: "In a text stand \\\" \\\\ \\n \\r \\t and \\u{4E2D}, nothing else behind a backslash. A text in back quotes has no escapes.",
        chinese: "未知的转义；可用 \\\" \\\\ \\n \\r \\t \\u{…}。",
        bad: "setting a text 4 bytes \"a\\d\"\n",
        good: "setting a text 4 bytes \"a\\\\d\"\n",
    },
    Page {
        code: TAB,
        title: "a tab",
        text: "Columns are made of blanks, so that they look the same everywhere. `tongshi fmt` puts them in line.",
        chinese: "不用制表符，请用空格。",
        bad: "setting\ta text 4 bytes\n",
        good: "setting a text 4 bytes\n",
    },
    Page {
        code: BAD_NUMBER,
        title: "a number cannot be read",
        text: "Numbers are exact: at most 28 figures, `_` only between figures, no zeros in front. A code with zeros in front is a text in quotes.",
        chinese: "数字写法有误；带前导零的是代码，应写成文本。",
        bad: "setting a text 004 bytes\n",
        good: "setting a text 4 bytes\n",
    },
    Page {
        code: BAD_DATE,
        title: "no such date",
        text: "A date is written with four, two and two figures, and the calendar has it.",
        chinese: "日期不存在或写法有误，应如 2026-11-23。",
        bad: "example \"e\" of c by \"the party\" {\n  given { exchange { date 2026-02-30 } }\n}\n",
        good: "example \"e\" of c by \"the party\" {\n  given { exchange { date 2026-02-28 } }\n}\n",
    },
    Page {
        code: BAD_TIME,
        title: "no such time",
        text: "A time of day is written 08:00 or 13:45:01, from 00:00 to 23:59:59.",
        chinese: "时刻不存在或写法有误，应如 08:00。",
        bad: "party p {\n  day cut_over 24:00\n}\n",
        good: "party p {\n  day cut_over 00:00\n}\n",
    },
    Page {
        code: BAD_UNIT,
        title: "figures without their unit",
        text: "Durations are written 500ms, 60s, 5m or 24h, without a blank. Figures with other letters behind them are nothing: a code such as \"00A1\" is a text.",
        chinese: "时长缺少单位或单位有误，应如 60s、5m、24h。",
        bad: "link l tcp connect {\n  timeout connect 3sec\n}\n",
        good: "link l tcp connect {\n  timeout connect 3s\n}\n",
    },
    Page {
        code: DOUBLE_EQUAL,
        title: "`==` compares nothing",
        text: "Equality in a condition is the word `is`, inequality `is not`; the sign `=` gives a fact to a field.",
        chinese: "比较用 is，不用 ==。",
        bad: "packet p {\n  check a == b\n}\n",
        good: "packet p {\n  check a is b\n}\n",
    },
    Page {
        code: COLON_EQUAL,
        title: "`:=` gives no value",
        text: "`=` binds a field to a fact, `<-` fills it from the business, `->` hands it on.",
        chinese: "赋值用 =、<-、->，不用 :=。",
        bad: "packet p {\n  let a := b\n}\n",
        good: "packet p {\n  let a = b\n}\n",
    },
    Page {
        code: SEMICOLON,
        title: "a semicolon",
        text: "A statement ends where its line ends.",
        chinese: "语句以行尾结束，不用分号。",
        bad: "setting a flag;\n",
        good: "setting a flag\n",
    },
    Page {
        code: WRONG_SIGN,
        title: "a sign of another language",
        text: "Conditions use words: `is not`, `and`, `or`, `not`. Nothing stands between a name and its type.",
        chinese: "其他语言的符号；条件用 is not、and、or、not。",
        bad: "packet p {\n  check a and !b\n}\n",
        good: "packet p {\n  check a and not b\n}\n",
    },
    Page {
        code: STRANGE_LETTER,
        title: "no sign of the language",
        text: "Outside of texts and comments only letters, figures and signs of ASCII stand. Full-width signs come from an input method.",
        chinese: "引号之外只用半角字符。",
        bad: "setting a text 4 bytes，\n",
        good: "setting a text 4 bytes\n",
    },
    Page {
        code: LONG_LINE,
        title: "a line is too long",
        text: "A line has at most 400 columns. Inside round brackets and behind a comma a statement goes on in the next line.",
        chinese: "一行最多 400 列。",
        bad: "(a line of more than 400 columns)",
        good: "setting a flag\n",
    },
    Page {
        code: LARGE_FILE,
        title: "a file is too large",
        text: "A file has at most 1,000,000 bytes. All files of a folder belong together, so a large party is split.",
        chinese: "文件不得超过 1,000,000 字节。",
        bad: "(a file of more than 1,000,000 bytes)",
        good: "setting a flag\n",
    },
    Page {
        code: TOO_DEEP,
        title: "nested too deep",
        text: "Braces and brackets nest at most 16 deep. Deeper shapes are given names by `layout` and `let`.",
        chinese: "嵌套最多 16 层。",
        bad: "packet p {\n  check ((((((((((((((((a))))))))))))))))\n}\n",
        good: "packet p {\n  check (a)\n}\n",
    },
    Page {
        code: TOO_MANY,
        title: "too many statements",
        text: "A party has at most 20,000 statements.",
        chinese: "语句总数最多 20,000。",
        bad: "(more than 20,000 statements)",
        good: "setting a flag\n",
    },
    Page {
        code: LONG_EXPRESSION,
        title: "an expression is too long",
        text: "A statement has at most 200 operators. Parts of a long expression are given names by `let`.",
        chinese: "表达式最多 200 个运算符；请用 let 拆开。",
        bad: "(more than 200 operators in a statement)",
        good: "packet p {\n  check a\n}\n",
    },
    Page {
        code: UNCLOSED_RAW,
        title: "a raw text is not closed",
        text: "A raw text begins and ends with a back quote on one line.",
        chinese: "原文缺少右反引号。",
        bad: "xml x {\n  start `<?xml?>\n}\n",
        good: "xml x {\n  start `<?xml?>`\n}\n",
    },
    Page {
        code: BAD_EMBEDDED,
        title: "an expression in a text is broken",
        text: "In a text, `{` begins an expression and `}` ends it. A brace that is meant is written \\u{7B} or \\u{7D}.",
        chinese: "文本中的 { } 是表达式；要写花括号本身请用 \\u{7B}。",
        bad: "link l http connect {\n  post \"/a/{message.code\"\n}\n",
        good: "link l http connect {\n  post \"/a/{message.code}\"\n}\n",
    },
    Page {
        code: RETURN,
        title: "a carriage return",
        text: "Lines end with LF alone, so that a file has the same bytes on every machine.",
        chinese: "行尾用 LF，不用 CRLF。",
        bad: "setting a flag\r\n",
        good: "setting a flag\n",
    },
    Page {
        code: UNKNOWN_ITEM,
        title: "a word that begins no item",
        text: "A file is a row of items, each begun by its word.",
        chinese: "未知的条目。",
        bad: "pakcet p {\n}\n",
        good: "packet p {\n}\n",
    },
    Page {
        code: MISSING_BLOCK,
        title: "a block is missing",
        text: "A block is the last thing of its statement, and its `{` stands on the same line.",
        chinese: "缺少花括号块，{ 须与语句同行。",
        bad: "party p\n",
        good: "party p {\n}\n",
    },
    Page {
        code: UNCLOSED_BLOCK,
        title: "a block is not closed",
        text: "Each `{` has its `}`. An item in column 1 shows where the last one ended.",
        chinese: "花括号块缺少 }。",
        bad: "party p {\n  charset gbk\n\nsetting a flag\n",
        good: "party p {\n  charset gbk\n}\n\nsetting a flag\n",
    },
    Page {
        code: STRAY_BRACE,
        title: "a brace closes nothing",
        text: "Each `}` has its `{` above it.",
        chinese: "多余的 }。",
        bad: "party p {\n}\n}\n",
        good: "party p {\n}\n",
    },
    Page {
        code: UNCLOSED_BRACKET,
        title: "a bracket is not closed",
        text: "Each `(` has its `)` in the same statement.",
        chinese: "圆括号缺少 )。",
        bad: "packet p {\n  let a = raw(b\n}\n",
        good: "packet p {\n  let a = raw(b)\n}\n",
    },
    Page {
        code: UNKNOWN_TYPE,
        title: "no such type",
        text: "A field is a name, a type, attributes, a rule and a label. The reference lists the types.",
        chinese: "未知的类型。",
        bad: "setting a string\n",
        good: "setting a text 20 bytes\n",
    },
    Page {
        code: UNKNOWN_ATTRIBUTE,
        title: "no such attribute",
        text: "Behind a type stand attributes such as `optional`, `absent as empty`, `fill left \"0\"`, then the rule.",
        chinese: "未知的字段属性。",
        bad: "packet p {\n  a digits 4 opitonal\n}\n",
        good: "packet p {\n  a digits 4 optional\n}\n",
    },
    Page {
        code: MISSING_UNIT,
        title: "a size without a unit",
        text: "30 characters may take 60 bytes in GBK, so every size of a text or an amount says its unit.",
        chinese: "长度缺少单位（bytes、chars、digits）。",
        bad: "packet p {\n  a text 30\n}\n",
        good: "packet p {\n  a text 30 bytes\n}\n",
    },
    Page {
        code: UNKNOWN_WORD,
        title: "a word that begins no statement here",
        text: "Each block has its own words.",
        chinese: "此块中没有这个词。",
        bad: "party p {\n  charsett gbk\n}\n",
        good: "party p {\n  charset gbk\n}\n",
    },
    Page {
        code: EXPECTED,
        title: "something else is expected",
        text: "The statement began well, and then something stands that cannot go on with it.",
        chinese: "此处应为其他内容。",
        bad: "packet p {\n  let b a\n}\n",
        good: "packet p {\n  let b = a\n}\n",
    },
    Page {
        code: LEFT_OVER,
        title: "something behind a complete statement",
        text: "A statement is a line. Behind its label nothing stands.",
        chinese: "语句之后还有多余内容。",
        bad: "setting a flag \"x\" y\n",
        good: "setting a flag \"x\"\n",
    },
    Page {
        code: FIXED_TEXT,
        title: "a fixed text holds an expression",
        text: "Labels, reasons and forms of dates are fixed texts; only values are templates.",
        chinese: "标签等固定文本中不能有表达式。",
        bad: "setting a flag \"x {ask.b}\"\n",
        good: "setting a flag \"x\"\n",
    },
    Page {
        code: CODE_WITHOUT_QUOTES,
        title: "a code without quotes",
        text: "A code is always a text, since 0001 and 1 are two codes.",
        chinese: "代码须写成带引号的文本。",
        bad: "codes c text 1 bytes {\n  1 done\n}\n",
        good: "codes c text 1 bytes {\n  \"1\" done\n}\n",
    },
    Page {
        code: SIZE_ORDER,
        title: "a size upside down",
        text: "The least stands before the two points, the most behind them.",
        chinese: "长度下限大于上限。",
        bad: "packet p {\n  a text 9..3 bytes\n}\n",
        good: "packet p {\n  a text 3..9 bytes\n}\n",
    },
    Page {
        code: LATE_COMMA,
        title: "a comma at the end of a statement",
        text: "A comma at the end of a line goes on with the same statement in the next one.",
        chinese: "语句末尾多了逗号。",
        bad: "packet p {\n  a digits 4,\n  b digits 4\n}\n",
        good: "packet p {\n  a digits 4\n  b digits 4\n}\n",
    },
    Page {
        code: CHAINED,
        title: "comparisons cannot be chained",
        text: "A comparison is yes or no, and cannot be compared again.",
        chinese: "比较不能连写。",
        bad: "packet p {\n  check a < b < c\n}\n",
        good: "packet p {\n  check a < b and b < c\n}\n",
    },
    Page {
        code: LATE_HEAD,
        title: "the head of a file stands too late",
        text: "`module` and `only when` are the first lines of a file, in this order.",
        chinese: "module 与 only when 须在文件开头。",
        bad: "setting a flag\nmodule m\n",
        good: "module m\nsetting a flag\n",
    },
    Page {
        code: WRONG_QUOTES,
        title: "single quotes",
        text: "Texts stand in double quotes. Single quotes stand only around a text in the expression of a text.",
        chinese: "文本用双引号；单引号只用于模板内。",
        bad: "setting a flag 'x'\n",
        good: "setting a flag \"x\"\n",
    },
    Page {
        code: MISSING_ELSE,
        title: "a statement does not say what else",
        text: "What can fail in a flow says what then: `else refuse REASON` or `else park \"why\"`.",
        chinese: "流程中的检查须写明 else。",
        bad: "flow f on bank.pay {\n  limit ask.amount at most setting.max\n}\n",
        good: "flow f on bank.pay {\n  limit ask.amount at most setting.max else refuse over_limit\n}\n",
    },
];
