"""Twilio and those that speak as it does."""

from gateways.channels.types.twilio.types import TWILIO_TYPES

__all__ = ["TWILIO_TYPES"]
