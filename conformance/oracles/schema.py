"""Holds a party's XML to a schema that was written from its specification: `schemas/PARTY.xsd`.

A module that has `schema_document(message, specimen)` gives the octets of the XML document in a specimen, and the name that its root
has in the schema: a specification often tells documents of one root apart by a code in them, which no schema can."""

import functools
import pathlib

from lxml import etree


@functools.cache
def schema(party):
    return etree.XMLSchema(etree.parse(pathlib.Path(__file__).parent / "schemas" / f"{party}.xsd"))


def wrong(party, octets, root):
    """What is wrong with a document, or None."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        tree = etree.fromstring(octets, parser)
    except etree.XMLSyntaxError as error:
        return f"no XML: {error}"
    tree.tag = root
    held = schema(party)
    if held.validate(tree):
        return None
    first = held.error_log[0]
    return f"the schema, line {first.line}: {first.message}"
