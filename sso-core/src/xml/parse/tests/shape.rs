//! Elements, names, identifiers and sizes.

use super::*;

#[test]
fn what_is_not_well_formed_is_refused() {
    for xml in [
        "",
        " ",
        "a",
        "<",
        "<a",
        "<a ",
        "<a>",
        "<a></b>",
        "<a></a",
        "<a></ab>",
        "<ab></a>",
        "</a>",
        "<a/",
        "<a/ >",
        "< a/>",
        "<a><b></a></b>",
        "<a b/>",
        "<a b=/>",
        "<a b=c/>",
        "<a b='c/>",
        "<a b='<'/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a>]]></a>",
        "<a/>junk",
        "<a/><b/>",
        "<a/>\0",
        "junk<a/>",
        "<a/></a>",
        "<9/>",
        "<-a/>",
        "<a 9='1'/>",
        "<a&amp;/>",
        "<a \u{A0}b='1'/>",
        "<a:/>",
        "<:a/>",
        "<x::y/>",
        "<a :='v'/>",
        "<a ::b='v'/>",
        "<p:a:b xmlns:p='urn:p'/>",
        "<a></a:>",
        "<a></ a>",
        "<a>&#10;</a>&#10;",
        "<\u{D7}/>",
        "<a\u{37E}/>",
        "<a><</a>",
        "<a/>\u{FEFF}",
        "\u{FEFF}\u{FEFF}<a/>",
        "<a xmlns='urn:a' xmlns='urn:a'/>",
        "<a xmlns:p='urn:a' xmlns:p='urn:b'/>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml:?}");
    }
    for xml in [
        "<a/>",
        " <a/>\r\n",
        "<a\n/>",
        "<a></a\t>",
        "<a b = '1'\r\nc=\"2\" />",
        "<é_-.9/>",
        "<a>]]</a>",
        "<a>]>]</a>",
    ] {
        assert_eq!(code(xml), "ok", "{xml:?}");
    }
}

#[test]
fn namespaces_follow_the_recommendation_and_are_absolute() {
    for xml in [
        "<p:a/>",
        "<a p:b='1'/>",
        "<a xmlns:p=''/>",
        "<a xmlns:p='1'/>",
        "<a xmlns='x/y'/>",
        "<a xmlns:xml='urn:a'/>",
        "<a xmlns:xmlns='urn:a'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a xml:xmlns='#other'/>",
        "<a xmlns:p='urn:p' p:xmlns='urn:q'/>",
        "<xmlns:a/>",
        "<a><b xmlns:p='urn:p'/><p:c/></a>",
        "<a xmlns:p='urn:oasis:names:tc:SAML:2.0:assertion '/>",
    ] {
        assert_eq!(code(xml), "xml.namespace", "{xml}");
    }
    let twice = "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xmlns:xml='http://www.w3.org/XML/1998/namespace'/>";
    assert_eq!(code(twice), "xml.not_well_formed");
    // The same name by two prefixes is the same name.
    assert_eq!(
        code("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>"),
        "xml.not_well_formed"
    );
    for xml in [
        "<p:a p:b='1' b='2' xmlns:p='urn:p'/>",
        "<a xmlns='urn:a'><b xmlns=''/></a>",
        "<a xml:lang='en' xml:space='preserve'/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'/>",
        "<a xmlns='urn:x' xmlns:p='urn:x' p:b='1' b='2'/>",
    ] {
        assert_eq!(code(xml), "ok", "{xml}");
    }
}

#[test]
fn a_prefix_means_what_its_nearest_declaration_says() {
    let xml = "<p:a xmlns:p='urn:1' xmlns='urn:d'><p:b xmlns:p='urn:2' p:v='2'><c xmlns=''/></p:b><p:d v='0'/></p:a>";
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    let names: Vec<_> = document
        .root()
        .descendants()
        .map(|it| (it.namespace(), it.local_name()))
        .collect();
    assert_eq!(names, [("urn:2", "b"), ("", "c"), ("urn:1", "d")]);
    let b = document.root().children().next().unwrap();
    assert_eq!(b.attribute_ns("urn:2", "v"), Some("2"));
    assert_eq!(b.attribute("v"), None);
    let c = b.children().next().unwrap();
    assert_eq!(c.namespace_of_prefix("p"), Some("urn:2"));
    assert_eq!(c.namespace_of_prefix(""), None);
    assert_eq!(
        c.parent().and_then(|it| it.namespace_of_prefix("")),
        Some("urn:d")
    );
    assert_eq!(c.namespace_of_prefix("q"), None);
    assert_eq!(
        c.namespace_of_prefix("xml"),
        Some("http://www.w3.org/XML/1998/namespace")
    );
}

#[test]
fn identifiers_are_unique_over_all_attributes_that_anyone_takes_for_one() {
    for name in [
        "ID",
        "Id",
        "id",
        "iD",
        "xml:id",
        "w:Id",
        "AssertionID",
        "RequestID",
        "ResponseID",
        "w:ID",
    ] {
        let xml = format!("<a xmlns:w='urn:w' ID='x'><b {name}='x'/></a>");
        assert_eq!(code(&xml), "xml.duplicate_id", "{xml}");
        let xml = format!("<a xmlns:w='urn:w' ID='x'><b {name}='y'/></a>");
        assert_eq!(code(&xml), "ok", "{xml}");
    }
    // One element, two identifiers: which is it?
    assert_eq!(
        code("<a xmlns:w='urn:w' ID='attack' w:ID='real'/>"),
        "xml.duplicate_id"
    );
    assert_eq!(
        code("<a Identity='x'><b Identity='x' InResponseTo='x'/></a>"),
        "ok"
    );
}

#[test]
fn declared_identifiers_are_names_of_bounded_length() {
    for id in [
        "a'b",
        "",
        " a",
        "a ",
        "1a",
        "a:b",
        "'] | //*['",
        "a&#10;b",
        "a/b",
        &"a".repeat(257),
    ] {
        for name in ["ID", "Id", "xml:id"] {
            assert_eq!(
                code(format!("<a {name}=\"{id}\"/>")),
                "xml.bad_id",
                "{name}={id}"
            );
        }
    }
    for id in ["_", "a", "_1-2.3", "é", &"a".repeat(256)] {
        assert_eq!(code(format!("<a ID='{id}'/>")), "ok", "{id}");
    }
    // Strangers number their elements, which harms nobody.
    assert_eq!(code("<a id='1'><b id='http://b'/></a>"), "ok");
    assert_eq!(code(format!("<a id='{}'/>", "a".repeat(257))), "xml.bad_id");
}

#[test]
fn every_size_has_a_limit() {
    let limits = Limits::message();
    let filled = |bytes: usize| format!("<a>{}</a>", "x".repeat(bytes - 7));
    assert_eq!(code(filled(limits.max_bytes)), "ok");
    assert_eq!(code(filled(limits.max_bytes + 1)), "xml.too_large");

    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert_eq!(code(nested(limits.max_depth)), "ok");
    assert_eq!(code(nested(limits.max_depth + 1)), "xml.too_deep");
    assert_eq!(code(nested(20_000)), "xml.too_deep");

    let nodes = |nodes: usize| format!("<a>{}</a>", "<b/>".repeat(nodes - 1));
    assert_eq!(code(nodes(limits.max_nodes)), "ok");
    assert_eq!(code(nodes(limits.max_nodes + 1)), "xml.too_many_nodes");

    let attributes = |count: usize| {
        format!(
            "<a {}/>",
            (0..count)
                .map(|it| format!("a{it}='' "))
                .collect::<String>()
        )
    };
    assert_eq!(code(attributes(limits.max_attributes)), "ok");
    assert_eq!(
        code(attributes(limits.max_attributes + 1)),
        "xml.too_many_attributes"
    );

    let declarations = |count: usize| {
        (0..count)
            .map(|it| format!("xmlns:p{it}='urn:p' "))
            .collect::<String>()
    };
    assert_eq!(
        code(format!("<a {}/>", declarations(65))),
        "xml.too_many_attributes"
    );
    let (half, half_and_one) = (declarations(64), "xmlns:q='urn:q'");
    assert_eq!(code(format!("<a {half}><b {half}/><b {half}/></a>")), "ok");
    assert_eq!(
        code(format!("<a {half}><b {half}><c {half_and_one}/></b></a>")),
        "xml.too_many_namespaces"
    );

    let name = |bytes: usize| format!("<{}/>", "n".repeat(bytes));
    assert_eq!(code(name(limits.max_name)), "ok");
    assert_eq!(code(name(limits.max_name + 1)), "xml.too_long_name");
}
