"""Packets there and back, and any octets at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Invalid
from gateways.connections.smpp.names import RESPONSE, Command, Status, Tag, status_name
from gateways.connections.smpp.pdu import (
    ANSWERS,
    BINDS,
    MESSAGES,
    Address,
    Answer,
    Bind,
    Frames,
    Pdu,
    PduFault,
    ShortMessage,
    decode,
    encode,
)

octet = st.integers(0, 255)
texts = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=5)
addresses = st.builds(Address, st.text("0123456789+abc", max_size=20), octet, octet)
short_messages = st.builds(
    ShortMessage, addresses, addresses, st.binary(max_size=254), octet, octet, octet, texts, octet, octet, texts, texts,
    octet, octet,
)  # fmt: skip
binds = st.builds(Bind, texts, texts, texts, octet, addresses)
tlvs = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=4)


@st.composite
def pdus(draw) -> Pdu:
    command = draw(st.sampled_from([each for each in Command if each not in (Command.outbind, Command.data_sm)]))
    body = None
    if command in MESSAGES:
        body = draw(short_messages)
    elif command in BINDS:
        body = draw(binds)
    elif command in ANSWERS:
        body = Answer(draw(texts))
    more = {} if command == Command.alert_notification else draw(tlvs)
    return Pdu(command, draw(st.integers(0, 0xFFFFFFFF)), body, draw(st.integers(0, 0xFFFFFFFF)), more)


@given(pdus())
def test_what_is_written_is_read(pdu):
    assert decode(encode(pdu)) == pdu


@given(st.binary(max_size=80), st.sampled_from([*Command, 0x77]), st.integers(0, 0xFFFFFFFF))
@settings(max_examples=400)
def test_any_body_is_read_or_declared_faulty(body, command, sequence):
    packet = (16 + len(body)).to_bytes(4) + int(command).to_bytes(4) + bytes(4) + sequence.to_bytes(4) + body
    try:
        assert decode(packet).sequence == sequence
    except PduFault as fault:
        assert fault.sequence == sequence
        assert fault.status != Status.ESME_ROK


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_any_stream_is_read_or_declared_faulty(stream):
    try:
        for packet in Frames().feed(stream):
            decode(packet)
    except PduFault as fault:
        assert fault.sentence


@given(st.lists(pdus(), max_size=5), st.integers(1, 50))
def test_a_stream_cut_anywhere_gives_its_packets(sent, size):
    stream = b"".join(map(encode, sent))
    frames = Frames()

    found = [each for start in range(0, len(stream), size) for each in frames.feed(stream[start : start + size])]

    assert [decode(each) for each in found] == sent


def test_a_packet_from_the_specification():
    """Section 3.2.3's bind_transmitter: SMPP3TEST, secret08, SUBMIT1."""
    octets = bytes.fromhex(
        "0000002F000000020000000000000001534D50503354455354007365637265743038005355424D495431000001010000"
    )[:0x2F]

    assert decode(octets) == Pdu(
        Command.bind_transmitter, 1, Bind("SMPP3TEST", "secret08", "SUBMIT1", 0, Address("", 1, 1))
    )


def test_a_refusal_may_lack_its_body():
    packet = encode(Pdu(Command.submit_sm_resp, 7, None, Status.ESME_RTHROTTLED))

    assert decode(packet) == Pdu(Command.submit_sm_resp, 7, Answer(""), Status.ESME_RTHROTTLED)


def test_data_sm_has_its_text_in_a_parameter():
    pdu = Pdu(Command.data_sm, 3, ShortMessage(Address("1"), Address("2")), tlvs={Tag.message_payload: b"hi"})

    assert decode(encode(pdu)) == pdu


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (ShortMessage(octets=b"x" * 255), "octets"),
        (ShortMessage(destination=Address("1" * 21)), "destination"),
        (ShortMessage(source=Address("Кафе", 5)), "source"),
        (ShortMessage(service_type="a\0b"), "service_type"),
        (Bind("x" * 16), "system_id"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(body, field):
    with pytest.raises(Invalid) as refusal:
        encode(Pdu(Command.submit_sm, 1, body))

    assert refusal.value.field == field


def test_a_number_out_of_range_is_refused():
    with pytest.raises(Invalid):
        encode(Pdu(Command.submit_sm, 1, ShortMessage(esm_class=256)))


@pytest.mark.parametrize("length", [0, 15, 1 << 24])
def test_an_impossible_length_ends_the_stream(length):
    with pytest.raises(PduFault) as fault:
        Frames().feed(length.to_bytes(4))

    assert fault.value.status == Status.ESME_RINVCMDLEN


def test_statuses_have_names():
    assert status_name(0x58) == "ESME_RTHROTTLED"
    assert status_name(0x400) == "0x00000400"
    assert Command(Command.submit_sm | RESPONSE) == Command.submit_sm_resp
