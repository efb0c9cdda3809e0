"""The engine for catalogues beyond one machine's memory: Amazon S3 Vectors holds the items of a base index.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors.html
"""
