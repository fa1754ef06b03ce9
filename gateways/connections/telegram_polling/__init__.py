"""Telegram bots whose updates are asked for, instead of waiting for them at a webhook."""
