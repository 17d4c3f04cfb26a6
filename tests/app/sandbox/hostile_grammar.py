"""Texts at the edges of SPARQL: real pieces, put together wrongly, around a call to an address."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
PROLOGUES = (
    "PREFIX ex: <http://e/> PREFIX owl: <http://www.w3.org/2002/07/owl#Class>\n",
    "PREFIX : <http://e/> PREFIX http: <http://h/> PREFIX ex: <http://e/>",
    "BASE <http://b/> PREFIX ex: <x#> PREFIX t.SER: <http://e/> PREFIX : <>",
    "PREFIX : <http://e/> PREFIX ex: <http://e:80>",
    "PREFIX : <http://e/>PREFIXex:<http://e:80>",
    "PREFIX ex:<http://e/>PREFIXhttp:<http://www.w3.org/2001/XMLSchema#>",
    "prefix ex:<ADDRESS>prefix true:<ADDRESS>",
    "PREFIX ex: <http://e/> PREFIX SERVICE: <ADDRESS> PREFIX SERVICEex: <ADDRESS>",
    "PREFIX ex: <http://e/> PREFIX :<http://e/>",
)
HEADS = (
    "SELECT * ", "SELECT*WHERE", "ASK", "CONSTRUCT { ?s ?p ?o } WHERE ", "DESCRIBE ?s ",
    "SELECT (COUNT(*) AS ?n) ", "SELECT DISTINCT ?s FROM <http://e/g> WHERE ", "SELECT(1AS?x)",
    "SELECT ?s FROM NAMED ex:g ", "DESCRIBE<http://e/a>",
)  # fmt: skip
PATTERNS = (
    "?s ?p ?o", "?s a ex:", "?s ex:a.b ex:c%20d", "ex:a ex:p ?o ; ex:q 1, 2.5, 1e5",
    "FILTER(?a<?b && ?c>?d)", "FILTER(?a<?b)", "FILTER (?o = <http://e/#x>)", "FILTER(?a<ex:b#>\n)",
    'FILTER(?a<http:b#>"""\n)', "FILTER(?a<<http://e#>)", "FILTER NOT EXISTS { ?s ?p 1 }",
    'BIND(CONCAT("a", \'b\') AS ?x)', "BIND(EXISTS{?s ?p ?o}AS ?y)", "BIND(<http://e/f>(?s) AS ?z)",
    "VALUES ?v { 1 'a' \"b\"@en-GB <http://e/> ex:a UNDEF true }", "VALUES (?v ?w) {(<a> <b#c>)}",
    "OPTIONAL { ?s ex:p/ex:q*|^ex:r+ ?o }", "{ ?s ?p ?o } UNION { ?a ?b ?c }", "MINUS { ?s ?p 1. }",
    "{ SELECT ?s { ?s ?p ?o } LIMIT 1 }", "GRAPH ?g { ?s ?p ?o }", "<<?s?p?o>> ?q ?r",
    "<< ?s ?p ?o >> ex:q 1", "<<( ?s ?p ?o )>> ?q ?r", "?s ?p ?o {| ?q ?r |}", "[] ?p ()",
    '?s ?p """a "quoted" text\nof lines"""', "?s ?p 'it\\'s \\\\ \\u00e9 \\U0001F600'@en",
    "?s ?p '''a''', \"\", ''", "_:b.c ?p _:1", "?s\u00e9 ?p ex:\u4e2d\u6587", "?s ex:\\#\\,\\' ?o",
    "?s (ex:p?/!(ex:q|^ex:r)) ?o", "FILTER(-?a + 5-3 >= +.5 || !?b)", "?s ?p true.?a ?b false",
    "FILTER REGEX(?o, \"^\\\\d+\\\\u0041$\", 'i')", "FILTER(?a IN(<a>,<b>))", "?s ?p '\\\\u0022'",
    "FILTER(?a = '\U0001f600' && ?b != \"\u2028\u0085\f\")", "?s ?p ?o FILTER(BOUND(?o)||?s>?p)",
)  # fmt: skip
OPENINGS = (
    "?s a ex:", "?s ?p ex:8", "FILTER(?o<http:string('> \"')) ", "FILTER(?o<ex:f('> \"')) ",
    "FILTER(?o<urn:f('> \"')) ", "?s ?p (?o<http:string('> \"')) ",
    "", " ", ". ", "ex:.", ":.", "ex:a.", "ex:a..", "ex:%2", "ex:\\", "?s ?p 1", "?s ?p 1e5",
    "?s ?p 1.", "?s ?p true", "?s ?p 'a'@en-", "?s ?p 'a'@en--ltr", "_:a.", "?s ?p ?o ", "?s a ex:",
    'VALUES ?y { """a" } ', "VALUES ?y { '''a' } ", 'VALUES ?y { "a\\u0022 } ', "VALUES ?y{'\\' } ",
    "VALUES ?y { 'a\\u0027 } ", 'VALUES ?y { """a\\u0022"" } ', 'VALUES ?y { "\\u005C" } ',
    'VALUES ?y { "\\\\\\u0022 } ', 'VALUES ?y { "a\\U00000022 } ', "VALUES ?y { <a\\u003E } ",
    "VALUES ?y { <a\\u003E\\u0020 } ", "# \\u000A ", "#\r", "#\n", "#\x85", "#\u2028",
    "# \\U0000000d",
    "FILTER(?a<?b)", "FILTER(?a<?b#>\n)", "FILTER(?a<ex:b#>\n)", "FILTER(?a<http:b#>'''\n)",
    "<<?s?p?o#>'''\n>> ?a ?b . ", "FILTER(?a<abs(?b)#>\n)", "?s ?p <a#\\u003E> ", "\ufeff",
    "a\u1680",
    "?s ?p ?o\u3000", "?s ?p ?o\x0b", "ex:\u200c", "?s ?p 'a'^^ex:", "FILTER(?a<\"b#\">\n)",
    "\\u007B",
)  # fmt: skip
CALLS = (
    "SERVICE <ADDRESS> { ?a ?b ?x }", "SERVICE<ADDRESS>{?a ?b ?x}",
    "SERVICE SILENT <ADDRESS> { ?a ?b ?x }",
    "SERVICESILENT<ADDRESS>{?a ?b ?x}", "service#c\n<ADDRESS>{?a ?b ?x}", "SERVICE ex:{?a ?b ?x}",
    "SERVICEex:{?a ?b ?x}", "SERVICEtrue:a{?a ?b ?x}", "SERV\\u0049CE <ADDRESS> { ?a ?b ?x }",
    "VALUES ?z { <ADDRESS> } SERVICE ?z { ?a ?b ?x }", "OPTIONAL{SERVICE<ADDRESS>{?a ?b ?x}}",
    "SERVICE <\\u0068ttp:REST> { ?a ?b ?x }", "trueSERVICE <ADDRESS> { ?a ?b ?x }",
    "LATERAL{SERVICE<ADDRESS>{?a ?b ?x}}", "SERVICE<ADDRESS>{?a ?b ?x}",
    "\\u0053ERVICE<ADDRESS>{?a ?b ?x}",
    "SER\u200bVICE <ADDRESS> { ?a ?b ?x }", "1.SERVICE<ADDRESS>{?a ?b ?x}",
)  # fmt: skip
CLOSINGS = (
    '#" )\n',
    "", " ", '# \\x """', "# '''", '#"', "#'", "# \\x '''", '#"""\n', "#'''\n", '"', "'", '"""',
    "'''",
    "#>", ">", "}", " }", '\\u0022', '"""}', "'}", "}#'", '} #"', '} # \\q """', "} # '''",
)  # fmt: skip
FITTING = (
    ("FILTER(?o<http:string('> \"')) ", '#" )\n'),
    ("FILTER(?o<urn:f('> \"')) ", '#" )\n'),
    ("FILTER(?a<?b#>'''\n)", "#'''\n"),
    ("FILTER(?a<http:b#>'''\n)", "#'''\n"),
    ('VALUES ?y { """a" } ', '# \\x """'),
    ('VALUES ?y { "a\\u0022 } ', '#"'),
    ("VALUES ?y { 'a\\u0027 } ", "#'"),
    ("?s a ex:", " "),
    ("?s a ex:.", " "),
)
"""Ends that belong to openings: what one parser takes for a string another takes for code."""
GLUES = (
    " ", "", "\n", ".", " . ", ";", "#c\n", "#\\u000A", "\r", "\r\n", "\t", "\f", "\x85", "\u2028",
    "\u00a0", "\ufeff", "\x00", "\\", "# \\x\n",
)  # fmt: skip
ENDS = ("", " LIMIT 3", "\nORDER BY DESC(?s)#", " VALUES ?s { ex:a }", "GROUP BY ?s", " # end")
CHARACTERS = "\"'#<>{}()\\.:?_%@-+/|^!=&,;* \n\rsSuU0é\u0300\u2028\U0001f600"


class Choose(Protocol):
    """Takes one of several: a random number's choice, or one that hypothesis can shrink."""

    def __call__(self, options: Sequence[T], /) -> T:
        """Choose."""
        ...


def hostile_text(choose: Choose, address: str) -> str:
    """Put a text together; most hold a call, some nothing wrong."""
    parts = [choose(PROLOGUES), choose(HEADS), "{"]
    for _ in range(choose(range(3))):
        parts += [choose(PATTERNS), choose((" . ",) * 20 + GLUES)]
    if choose(range(3)) == 0:
        return "".join((*parts, choose(PATTERNS), "}", choose(ENDS))).replace("ADDRESS", address)
    if choose(range(6)):
        freely = choose(OPENINGS), choose(CLOSINGS)
        opening, closing = choose((freely, choose(FITTING)))
        parts += [opening, choose(CALLS), closing, choose(("\n", *GLUES))]
    for _ in range(choose(range(2))):
        parts += [choose(PATTERNS), choose(GLUES)]
    text = "".join((*parts, choose(("}", "}", "}}", "")), choose(ENDS)))
    text = text.replace("ADDRESS", address).replace("REST", address.partition(":")[2])
    for _ in range(choose((0, 0, 0, 1, 1, 2, 4))):
        text = _mutated(text, choose)
    return text


def _mutated(text: str, choose: Choose) -> str:
    place = choose(range(len(text)))
    before, character, after = text[:place], text[place], text[place + 1 :]
    match choose(("insert", "insert", "drop", "double", "escape", "swap", "blank")):
        case "insert":
            return before + choose(CHARACTERS) + character + after
        case "drop":
            return before + after
        case "double":
            return before + character * 2 + after
        case "escape":
            return before + choose((f"\\u{ord(character) % 0x10000:04X}", f"\\{character}")) + after
        case "swap":
            return before + after[:1] + character + after[1:]
        case _:
            return before + character + choose(GLUES) + after
