//! Bytes, characters and text.

use super::*;

#[test]
fn the_declaration_may_only_say_xml_1_0_in_utf_8() {
    for declaration in [
        "",
        "\u{FEFF}",
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding='utf-8' ?>\r\n",
        "\u{FEFF}<?xml\tversion = \"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
        "<?xml version=\"1.0\" standalone='no'?>",
    ] {
        assert_eq!(code(format!("{declaration}<a/>")), "ok", "{declaration}");
    }
    for declaration in [
        "<?xml version=\"1.1\"?>",
        "<?xml encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
        "<?xml version=\"1.0\" encoding=\"EUC-JP\"?>",
        "<?xml version=\"1.0\" encoding=\"\"?>",
    ] {
        assert_eq!(
            code(format!("{declaration}<a/>")),
            "xml.encoding",
            "{declaration}"
        );
    }
    for declaration in [
        "<?xml version=\"1.0\"encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" standalone=\"maybe\"?>",
        "<?xml version=\"1.0\" standalone=\"yes\" encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" what=\"this\"?>",
        "<?xml version=\"1.0",
        "<?xml version=1.0?>",
        "<?xml version=\"1.0\">",
    ] {
        assert_eq!(
            code(format!("{declaration}<a/>")),
            "xml.not_well_formed",
            "{declaration}"
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for bytes in [
        b"<a>\xC0\x80</a>".as_slice(), // An overlong NUL.
        b"<a>\xED\xA0\x80</a>",        // A lone surrogate.
        b"<a>\xF4\x90\x80\x80</a>",    // Beyond U+10FFFF.
        b"<a>\xE9</a>",                // ISO 8859-1.
        b"\xFF\xFE<\0a\0/\0>\0",       // UTF-16 with byte order mark.
        b"\xFE\xFF\0<\0a\0/\0>",
    ] {
        assert_eq!(code(bytes), "xml.encoding", "{bytes:?}");
    }
    assert_eq!(code(b"<\0a\0/\0>\0"), "xml.not_well_formed");
}

#[test]
fn characters_that_xml_cannot_hold_are_refused_however_they_are_written() {
    for xml in [
        "<a>\0</a>",
        "<a>\u{1}</a>",
        "<a>\u{FFFE}</a>",
        "<a b='\u{B}'/>",
        "<a>&#0;</a>",
        "<a>&#x1F;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFF;</a>",
        "<a>&#x110000;</a>",
        "<a b='&#8;'/>",
        "<a>&#99999999999;</a>",
        "<a>&#xFFFFFFFFFFFFFFFFF;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#+65;</a>",
        "<a>&#x-1;</a>",
        "<a>&#6a;</a>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml:?}");
    }
    assert_eq!(
        text("<a>&#65;&#x42;&#x00043;&#9;&#x10FFFF;</a>"),
        "ABC\t\u{10FFFF}"
    );
}

#[test]
fn a_document_type_is_refused_wherever_it_stands() {
    for xml in [
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE response SYSTEM 'x\"><!--'><a/>",
        "<a><!DOCTYPE a></a>",
        "<a/><!DOCTYPE a>",
    ] {
        assert_eq!(code(xml), "xml.doctype", "{xml}");
    }
    assert_eq!(code("<!doctype a><a/>"), "xml.not_well_formed");
    assert_eq!(code("<a><!ENTITY x 'y'></a>"), "xml.not_well_formed");
}

#[test]
fn an_instruction_is_refused_wherever_it_stands() {
    for xml in [
        "<?xml-stylesheet href='x'?><a/>",
        "<?p?><a/>",
        " <?xml version='1.0'?><a/>",
        "<a><?p not-an-?>admin</a>",
        "<a/><?p?>",
    ] {
        assert_eq!(code(xml), "xml.pi", "{xml}");
    }
}

#[test]
fn only_the_five_predefined_entities_exist() {
    assert_eq!(text("<a>&amp;&lt;&gt;&quot;&apos;</a>"), "&<>\"'");
    assert_eq!(value("<a v='&amp;&lt;&gt;&quot;&apos;'/>"), "&<>\"'");
    for xml in [
        "<a>&nbsp;</a>",
        "<a>&x;</a>",
        "<a>&amp</a>",
        "<a>&;</a>",
        "<a>& </a>",
        "<a v='&x;'/>",
        "<a>&AMP;</a>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml}");
    }
}

#[test]
fn comments_are_refused_in_messages() {
    for xml in [
        "<!--c--><a/>",
        "<a><!--c--></a>",
        "<a>admin<!---->.evil</a>",
        "<a/><!--c-->",
    ] {
        assert_eq!(code(xml), "xml.comment", "{xml}");
    }
}

#[test]
fn comments_in_metadata_leave_one_text_without_them() {
    let limits = Limits {
        comments: Comments::Drop,
        ..Limits::message()
    };
    let xml = "<!--a-->\n<a>admin<!--b-->.evil<!----></a><!-- c -->";
    let document = Document::parse(xml.as_bytes(), &limits).unwrap();
    assert_eq!(document.root().text().unwrap(), "admin.evil");
    for xml in [
        "<a><!-- -- --></a>",
        "<a><!-- --->",
        "<a><!--></a>",
        "<a><!--</a>",
        "<!--a--><!--b",
    ] {
        assert_eq!(code_within(xml, &limits), "xml.not_well_formed", "{xml}");
    }
}

#[test]
fn character_data_sections_are_text_and_never_markup() {
    assert_eq!(text("<a>ad<![CDATA[min]]>!</a>"), "admin!");
    assert_eq!(
        text("<a><![CDATA[<b>&amp;</b>]]]]><![CDATA[>]]></a>"),
        "<b>&amp;</b>]]>"
    );
    assert_eq!(text("<a><![CDATA[\r\n\r]]></a>"), "\n\n");
    assert_eq!(text("<a><![CDATA[]]></a>"), "");
    for xml in [
        "<a><![CDATA[</a>",
        "<![CDATA[a]]><a/>",
        "<a/><![CDATA[]]>",
        "<a><![cdata[]]></a>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml}");
    }
}

#[test]
fn line_ends_in_text_become_newlines_unless_they_are_references() {
    assert_eq!(
        text("<a>1\r\n2\r3\n4\r\r\n5&#13;&#xD;&#10;</a>"),
        "1\n2\n3\n4\n\n5\r\r\n"
    );
    assert_eq!(text("<a>\u{85}\u{2028}</a>"), "\u{85}\u{2028}");
}

#[test]
fn white_space_in_attributes_becomes_spaces_unless_it_is_a_reference() {
    assert_eq!(value("<a v=' 1\t2\n3\r\n4\r5  '/>"), " 1 2 3 4 5  ");
    assert_eq!(value("<a v='&#9;&#10;&#13;&#32;'/>"), "\t\n\r ");
    assert_eq!(value("<a v=\"it's\"/>"), "it's");
    assert_eq!(value("<a v='\"'/>"), "\"");
    assert_eq!(value("<a v=''/>"), "");
}
