"""What every room of the house uses: errors, wire types, the dispatcher, stores.

Imports no first-party package.
"""
