"""The way in from Kafka: a consumer that stores each message, and a producer for those who send.

`touchline.features` builds `module`; without a URL of brokers there is none.
"""
