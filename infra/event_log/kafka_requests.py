"""What we ask of Kafka's brokers, in versions that every broker from 2.4 on understands. The library's classes write and read the messages."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from kafka import TopicPartition
from kafka.protocol.api_message import ApiMessage
from kafka.protocol.consumer import FetchRequest, FetchResponse, IsolationLevel, ListOffsetsRequest, ListOffsetsResponse
from kafka.protocol.metadata import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    CoordinatorType,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    MetadataRequest,
    MetadataResponse,
)
from kafka.protocol.producer import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    EndTxnRequest,
    EndTxnResponse,
    InitProducerIdRequest,
    InitProducerIdResponse,
    ProduceRequest,
    ProduceResponse,
)
from kafka.protocol.sasl import (
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)

ANSWERS: Mapping[type[ApiMessage], type[ApiMessage]] = {
    AddPartitionsToTxnRequest: AddPartitionsToTxnResponse,
    ApiVersionsRequest: ApiVersionsResponse,
    EndTxnRequest: EndTxnResponse,
    FetchRequest: FetchResponse,
    FindCoordinatorRequest: FindCoordinatorResponse,
    InitProducerIdRequest: InitProducerIdResponse,
    ListOffsetsRequest: ListOffsetsResponse,
    MetadataRequest: MetadataResponse,
    ProduceRequest: ProduceResponse,
    SaslAuthenticateRequest: SaslAuthenticateResponse,
    SaslHandshakeRequest: SaslHandshakeResponse,
}
LATEST, EARLIEST = -1, -2
_ALL_REPLICAS = -1
_NOBODY = -1
# Of one answer: a partition gives at most so much, unless its next batch alone is larger, and all of them together.
_MOST_BYTES = 8 * 1024 * 1024


def metadata(topics: Iterable[str]) -> ApiMessage:
    """Who leads which partition of these topics, and where all brokers are."""
    wanted = [MetadataRequest.MetadataRequestTopic(name=topic) for topic in topics]
    return MetadataRequest(topics=wanted, allow_auto_topic_creation=False, version=8)


def api_versions() -> ApiMessage:
    """Which a broker answers to whom it let in, and before a password."""
    return ApiVersionsRequest(version=0)


def sasl_handshake(mechanism: str) -> ApiMessage:
    return SaslHandshakeRequest(mechanism=mechanism, version=1)


def sasl_authenticate(proof: bytes) -> ApiMessage:
    return SaslAuthenticateRequest(auth_bytes=proof, version=1)


def find_coordinator(transactional_id: str) -> ApiMessage:
    return FindCoordinatorRequest(key=transactional_id, key_type=int(CoordinatorType.TRANSACTION), version=2)


def init_producer_id(transactional_id: str | None, transaction_timeout_ms: int) -> ApiMessage:
    return InitProducerIdRequest(
        transactional_id=transactional_id, transaction_timeout_ms=transaction_timeout_ms, version=1
    )


def add_partitions(
    transactional_id: str, producer_id: int, producer_epoch: int, places: Iterable[TopicPartition]
) -> ApiMessage:
    topic = AddPartitionsToTxnRequest.AddPartitionsToTxnTopic
    return AddPartitionsToTxnRequest(
        v3_and_below_transactional_id=transactional_id,
        v3_and_below_producer_id=producer_id,
        v3_and_below_producer_epoch=producer_epoch,
        v3_and_below_topics=[topic(name=name, partitions=numbers) for name, numbers in _by_topic(places)],
        version=2,
    )


def end_transaction(transactional_id: str, producer_id: int, producer_epoch: int) -> ApiMessage:
    """Commits it."""
    return EndTxnRequest(
        transactional_id=transactional_id,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        committed=True,
        version=2,
    )


def produce(
    transactional_id: str | None, timeout_ms: int, batches: Mapping[TopicPartition, bytes | bytearray]
) -> ApiMessage:
    """One batch for each partition."""
    of_topic = ProduceRequest.TopicProduceData
    return ProduceRequest(
        transactional_id=transactional_id,
        acks=_ALL_REPLICAS,
        timeout_ms=timeout_ms,
        topic_data=[
            of_topic(
                name=topic,
                partition_data=[
                    of_topic.PartitionProduceData(index=number, records=batches[TopicPartition(topic, number)])
                    for number in numbers
                ],
            )
            for topic, numbers in _by_topic(batches)
        ],
        version=8,
    )


def fetch(offsets: Mapping[TopicPartition, int], max_wait_ms: int, bytes_of_partition: int) -> ApiMessage:
    """What is committed, from these offsets on."""
    of_topic = FetchRequest.FetchTopic
    return FetchRequest(
        replica_id=_NOBODY,
        max_wait_ms=max_wait_ms,
        min_bytes=1,
        max_bytes=_MOST_BYTES,
        isolation_level=int(IsolationLevel.READ_COMMITTED),
        session_id=0,
        session_epoch=-1,
        topics=[
            of_topic(
                topic=topic,
                partitions=[
                    of_topic.FetchPartition(
                        partition=number,
                        current_leader_epoch=-1,
                        fetch_offset=offsets[TopicPartition(topic, number)],
                        log_start_offset=-1,
                        partition_max_bytes=bytes_of_partition,
                    )
                    for number in numbers
                ],
            )
            for topic, numbers in _by_topic(offsets)
        ],
        forgotten_topics_data=[],
        rack_id="",
        version=11,
    )


def list_offsets(places: Iterable[TopicPartition], which: int) -> ApiMessage:
    """LATEST: after the last record that a reader of committed records can see; EARLIEST: the first that is there."""
    of_topic = ListOffsetsRequest.ListOffsetsTopic
    return ListOffsetsRequest(
        replica_id=_NOBODY,
        isolation_level=int(IsolationLevel.READ_COMMITTED),
        topics=[
            of_topic(
                name=topic,
                partitions=[
                    of_topic.ListOffsetsPartition(partition_index=number, current_leader_epoch=-1, timestamp=which)
                    for number in numbers
                ],
            )
            for topic, numbers in _by_topic(places)
        ],
        version=5,
    )


def added_partitions_error(answer: Any) -> int:
    """The first error of an answer to `add_partitions`: 0 is none."""
    codes = (
        part.partition_error_code
        for topic in answer.results_by_topic_v3_and_below
        for part in topic.results_by_partition
    )
    return next(filter(None, codes), 0)


def _by_topic(places: Iterable[TopicPartition]) -> list[tuple[str, list[int]]]:
    """In the order given: a broker that has to cut its answer short cuts the last ones."""
    return [
        (topic, [each.partition for each in of_topic]) for topic, of_topic in groupby(places, lambda each: each.topic)
    ]
